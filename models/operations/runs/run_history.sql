with

counted as (

    select
        cast(invocation_id as varchar(64)) as invocation_id,
        cast(run_command as varchar(32)) as run_command,
        cast(target_name as varchar(64)) as target_name,
        is_whole,
        cast(load_id as varchar(64)) as load_id,
        cast(warehouse_name as varchar(1024)) as warehouse_name,
        run_started_at,
        max(node_finished_at) as run_finished_at,
        cast(sum(execution_seconds) as numeric(18, 6)) as work_seconds,
        cast(count(*) as bigint) as nodes,
        cast(sum(case when resource_type in ('test', 'unit_test') then 1 else 0 end) as bigint) as tests,
        cast(sum(case when outcome = 'failed' then 1 else 0 end) as bigint) as failed_nodes,
        cast(sum(case when outcome = 'warned' then 1 else 0 end) as bigint) as warned_tests,
        cast(sum(case when outcome = 'skipped' then 1 else 0 end) as bigint) as skipped_nodes,
        cast(coalesce(sum(failing_rows), 0) as bigint) as failing_rows
    from {{ ref('stg_dbt_runs__run_results') }}
    group by
        invocation_id,
        run_command,
        target_name,
        is_whole,
        load_id,
        warehouse_name,
        run_started_at

),

judged as (

    select
        *,
        cast({{ dbt.datediff('run_started_at', 'run_finished_at', 'second') }} as bigint) as elapsed_seconds,  -- noqa: LT05
        cast(
            case
                when failed_nodes > 0 then 'failed'
                when skipped_nodes > 0 then 'skipped'
                when warned_tests > 0 then 'warned'
                else 'passed'
            end as varchar(7)
        ) as worst_outcome
    from counted

)

select * from judged

with

results as (

    select
        *,
        max(run_started_at) over (partition by warehouse_name, unique_id) as last_seen_at
    from {{ ref('stg_dbt_runs__run_results') }}
    where
        resource_type in ('test', 'unit_test')
        and warehouse_name is not null

),

last_whole_run as (

    select
        warehouse_name,
        max(run_started_at) as started_at
    from {{ ref('stg_dbt_runs__run_results') }}
    where is_whole
    group by warehouse_name

),

ranked as (

    select
        *,
        row_number() over (
            partition by warehouse_name, unique_id
            order by run_started_at desc, invocation_id asc
        ) as recency,
        max(case when outcome = 'passed' then run_started_at end) over (
            partition by warehouse_name, unique_id
        ) as last_passed_at
    from results
    where outcome <> 'skipped'

),

aggregated as (

    select
        warehouse_name,
        unique_id,
        max(last_passed_at) as last_passed_at,
        -- The first run after the last pass, or the first run of all if the test never passed.
        min(
            case
                when outcome <> 'passed' and (last_passed_at is null or run_started_at > last_passed_at)
                    then run_started_at
            end
        ) as not_passing_since,
        count(*) as runs,
        sum(case when outcome = 'failed' then 1 else 0 end) as failed_runs,
        sum(case when outcome = 'warned' then 1 else 0 end) as warned_runs
    from ranked
    group by
        warehouse_name,
        unique_id

),

final as (

    select
        cast(ranked.warehouse_name as varchar(1024)) as warehouse_name,
        cast(ranked.unique_id as varchar(512)) as unique_id,
        cast(ranked.node_name as varchar(256)) as test_name,
        cast(ranked.test_kind as varchar(32)) as test_kind,
        cast(ranked.outcome as varchar(7)) as last_outcome,
        cast(ranked.node_status as varchar(32)) as last_status,
        ranked.failing_rows as last_failing_rows,
        cast(ranked.failures_table as varchar(512)) as failures_table,
        cast(ranked.node_message as varchar(4000)) as last_message,
        ranked.run_started_at as last_run_at,
        aggregated.last_passed_at,
        aggregated.not_passing_since,
        cast(aggregated.runs as bigint) as runs,
        cast(aggregated.failed_runs as bigint) as failed_runs,
        cast(aggregated.warned_runs as bigint) as warned_runs,
        coalesce(ranked.last_seen_at >= last_whole_run.started_at, true) as is_current
    from ranked
    inner join aggregated
        on
            ranked.warehouse_name = aggregated.warehouse_name
            and ranked.unique_id = aggregated.unique_id
    left join last_whole_run
        on ranked.warehouse_name = last_whole_run.warehouse_name
    where ranked.recency = 1

)

select * from final

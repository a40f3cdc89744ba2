with

renamed as (

    select
        invocation_id,
        command as run_command,
        target as target_name,
        is_whole,
        load_id,
        warehouse as warehouse_name,
        started_at as run_started_at,
        node_started_at,
        node_finished_at,
        unique_id,
        node_name,
        resource_type,
        test_kind,
        status as node_status,
        failures as failing_rows,
        failures_table,
        rows_affected,
        execution_seconds,
        message as node_message,
        case
            when status in ('success', 'pass') then 'passed'
            when status in ('skipped', 'no-op', 'partial success') then 'skipped'
            when status = 'warn' then 'warned'
            else 'failed'
        end as outcome
    from {{ source('adventure_works_runs', 'run_results') }}

)

select * from renamed

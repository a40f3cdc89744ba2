{% set recent_runs = 10 %}

with

runs_by_recency as (

    select
        *,
        row_number() over (
            partition by unique_id
            order by run_started_at desc, invocation_id asc
        ) as recency
    from {{ ref('stg_dbt_runs__run_results') }}
    where outcome <> 'skipped'

),

-- The usual duration is the median of the runs before the newest one.
earlier_runs as (

    select
        *,
        row_number() over (
            partition by unique_id
            order by execution_seconds, recency
        ) as place,
        count(*) over (partition by unique_id) as runs
    from runs_by_recency
    where recency between 2 and {{ recent_runs + 1 }}

),

-- Median: the middle value, or the mean of the two middle values.
usual as (

    select
        unique_id,
        cast(avg(execution_seconds) as numeric(18, 6)) as usual_seconds,
        max(runs) as runs
    from earlier_runs
    where 2 * place between runs and runs + 2
    group by unique_id

),

final as (

    select
        cast(latest.unique_id as varchar(512)) as unique_id,
        cast(latest.node_name as varchar(256)) as node_name,
        cast(latest.resource_type as varchar(32)) as resource_type,
        latest.run_started_at as last_run_at,
        latest.execution_seconds as last_seconds,
        latest.rows_affected as last_rows_affected,
        cast(coalesce(usual.runs, 0) as bigint) as runs_before,
        usual.usual_seconds,
        {{ relative_change('latest.execution_seconds', 'usual.usual_seconds') }} as change_in_seconds
    from runs_by_recency as latest
    left join usual
        on latest.unique_id = usual.unique_id
    where latest.recency = 1

)

select * from final

with

by_node as (

    select
        usage_date,
        node,
        count(*) as statements,
        sum(queue_seconds) as queue_seconds,
        sum(execution_seconds) as execution_seconds,
        sum(scanned_bytes) as scanned_bytes,
        sum(spilled_blocks) as spilled_blocks
    from {{ ref('int_warehouse_queries__by_node') }}
    group by
        usage_date,
        node

),

shared as (

    select
        *,
        sum(execution_seconds) over (partition by usage_date) as day_seconds
    from by_node

),

final as (

    select
        shared.usage_date,
        cast(shared.node as varchar(512)) as node,
        cast(shared.statements as bigint) as statements,
        cast(shared.queue_seconds as numeric(18, 6)) as queue_seconds,
        cast(shared.execution_seconds as numeric(18, 6)) as execution_seconds,
        cast(shared.scanned_bytes as bigint) as scanned_bytes,
        cast(shared.spilled_blocks as bigint) as spilled_blocks,
        {{ share_of('shared.execution_seconds', 'shared.day_seconds') }} as day_share,
        cast(
            days.cost * {{ share_of('shared.execution_seconds', 'shared.day_seconds') }} as numeric(18, 4)
        ) as cost,
        cast(shared.day_seconds as numeric(18, 6)) as day_seconds
    from shared
    left join {{ ref('run_cost_by_day') }} as days
        on shared.usage_date = days.usage_date

)

select * from final
{% if is_incremental() -%}
{#- As in run_cost_by_day: a partial oldest day must not replace the complete one. -#}
where
    day_seconds >= coalesce((
        select max(stored.day_seconds)
        from {{ this }} as stored
        where stored.usage_date = final.usage_date
    ), 0)
{%- endif %}

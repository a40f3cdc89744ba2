{{ config(enabled=target.type == 'redshift' and env_var('REDSHIFT_PRICE_PER_RPU_HOUR', '') != '') }}

-- The last seven days on record.
with

costs as (

    select
        usage_date,
        node,
        statements,
        queue_seconds,
        execution_seconds,
        scanned_bytes,
        spilled_blocks,
        cost
    from {{ ref('run_cost_by_node') }}
    where usage_date > (select dateadd(day, -7, max(usage_date)) from {{ ref('run_cost_by_node') }})

),

by_node as (

    select
        node,
        count(*) as days,
        sum(statements) as statements,
        sum(queue_seconds) as queue_seconds,
        sum(execution_seconds) as execution_seconds,
        sum(scanned_bytes) as scanned_bytes,
        sum(spilled_blocks) as spilled_blocks,
        sum(cost) as cost
    from costs
    group by node

)

select
    node,
    days,
    statements,
    cost,
    execution_seconds,
    queue_seconds,
    scanned_bytes,
    spilled_blocks,
    case
        when spilled_blocks > 0
            then 'does not fit into memory: fewer or narrower columns before joins and sorts, or more RPUs'
        when queue_seconds > execution_seconds
            then 'waits more than it works: fewer threads, another hour, or more RPUs'
        when scanned_bytes > 1000000000 * days
            then 'reads over 1 GB a day: a sort key on what it filters by, or an incremental model'
        else 'nothing to optimise'
    end as advice
from by_node
order by
    cost desc nulls last,
    execution_seconds desc
limit 20

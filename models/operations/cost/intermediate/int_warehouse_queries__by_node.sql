with

steps as (

    select
        query_id,
        sum(case when step_name = 'scan' then input_bytes else 0 end) as scanned_bytes,
        sum(spilled_blocks) as spilled_blocks
    from {{ ref('stg_redshift__query_steps') }}
    group by query_id

),

statements_with_node as (

    select
        queries.*,
        coalesce(steps.scanned_bytes, 0) as scanned_bytes,
        coalesce(steps.spilled_blocks, 0) as spilled_blocks,
        split_part(regexp_substr(queries.beginning, '"node": "[^"]*"'), '"', 4) as node,
        split_part(regexp_substr(queries.beginning, '"step": "[^"]*"'), '"', 4) as step
    from {{ ref('stg_redshift__queries') }} as queries
    left join steps
        on queries.query_id = steps.query_id

),

final as (

    select
        query_id,
        cast(started_at as date) as usage_date,
        case
            when node <> '' then node
            when step <> '' then 'step: ' || step
            else '(other)'
        end as node,
        elapsed_seconds,
        queue_seconds,
        execution_seconds,
        cast(scanned_bytes as bigint) as scanned_bytes,
        cast(spilled_blocks as bigint) as spilled_blocks
    from statements_with_node

)

select * from final

with

pieces as (

    select
        query_id,
        piece_text,
        row_number() over (
            partition by query_id
            order by piece desc
        ) as place_from_end
    from {{ ref('stg_redshift__query_texts') }}

),

-- The query comment is at the end and may span two pieces.
ends as (

    select
        query_id,
        coalesce(max(case when place_from_end = 2 then piece_text end), '')
        || max(case when place_from_end = 1 then piece_text end) as text_end
    from pieces
    where place_from_end <= 2
    group by query_id

),

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
        -- Redshift trims trailing blanks of a piece, so the blank after the colon may be missing.
        split_part(regexp_substr(ends.text_end, '"node": ?"[^"]*"'), '"', 4) as node,
        split_part(regexp_substr(ends.text_end, '"step": ?"[^"]*"'), '"', 4) as load_step
    from {{ ref('stg_redshift__queries') }} as queries
    left join ends
        on queries.query_id = ends.query_id
    left join steps
        on queries.query_id = steps.query_id

),

final as (

    select
        query_id,
        cast(started_at as date) as usage_date,
        case
            when node <> '' then node
            when load_step <> '' then 'load: ' || load_step
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

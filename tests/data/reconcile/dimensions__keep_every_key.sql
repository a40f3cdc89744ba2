-- Each dimension has one row per row of its file, and the Unknown member. Keys that are missing from the
-- current file are marked as deleted.
{% set with_history = ['dim_customers', 'dim_products'] %}

with

counts as (
    {% for table_name, table in raw_tables().items() if table.dimension %}
    select
        cast('{{ table.dimension }}' as varchar(64)) as dimension,
        (
            select count(*)
            from {{ ref(table.dimension) }}
            {%- if table.dimension in with_history %}
            where not is_deleted
            {%- endif %}
        ) as dimension_rows,
        (select count(*) from {{ ref('stg_adventure_works__' ~ table_name) }}) as staged_rows
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    dimension,
    dimension_rows,
    staged_rows
from counts
where
    dimension_rows <> staged_rows + 1
    or staged_rows = 0

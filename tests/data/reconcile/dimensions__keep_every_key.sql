-- Each dimension has as many rows as its file, and the Unknown member; what only earlier files named is
-- marked.
{% set dimensions = {
    'dim_customers': 'stg_adventure_works__customers',
    'dim_products': 'stg_adventure_works__products',
    'dim_product_categories': 'stg_adventure_works__product_categories',
    'dim_product_subcategories': 'stg_adventure_works__product_subcategories',
    'dim_territories': 'stg_adventure_works__territories',
} %}
{% set with_history = ['dim_customers', 'dim_products'] %}

with

counts as (
    {% for dimension, staged in dimensions.items() %}
    select
        '{{ dimension }}' as dimension,
        (
            select count(*)
            from {{ ref(dimension) }}
            {%- if dimension in with_history %}
            where not is_deleted
            {%- endif %}
        ) as dimension_rows,
        (select count(*) from {{ ref(staged) }}) as staged_rows
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

{#-
    A mart's measures equal those of `fact_sales` exactly, for each value of `by` (without `by`, in total). A value
    that is only in one table counts as 0 in the other. A mart without rows fails, where the fact has some.

    measures   columns of the mart, or {column: measure of the fact}, measures being order_lines, units, revenue, cost,
               profit (sums), orders and customers (distinct, without the Unknown customer). Distinct counts are
               non-additive, so they need a `by` that is the mart's grain.
    by         {column of the mart: SQL on the fact}, where the SQL may name `sales` (the fact), `orders`
               (fact_orders), `products`, `customers` and `territories` (the dimensions); only these are joined.
    mart_only  SQL condition on the mart's rows, to choose one type of row (segment_type = 'gender').
    fact_only  SQL condition on the fact's rows.
    parts      list of {by, mart_only, fact_only, measures, model}, for a mart with several types of rows, or for several
               tables: all are compared in one scan of the fact. What a part does not give is as in the test.
    fact       a smaller table to read in place of the fact, which `fact_sales__equals_smaller_tables` has found equal to
               it: fact_orders, int_buyers__by_product_group (no orders), int_sales_days (no orders, no customers).
-#}
{% test equals_fact_sales(
    model, measures=['units', 'revenue', 'cost', 'profit'], by={}, mart_only='true', fact_only='true', parts=none,
    fact='fact_sales'
) %}
{{ config(tags=['reconcile']) }}

{%- set measures = measures if measures is mapping else dict(zip(measures, measures)) -%}
{%- set compared, columns, expressions = [], [], [] -%}
{%- for part in parts or [{}] -%}
    {%- set whole = {
        'model': model, 'by': by, 'mart_only': mart_only, 'fact_only': fact_only, 'measures': measures.keys() | list,
    } -%}
    {%- do whole.update(part) -%}
    {%- do compared.append(whole) -%}
    {%- do columns.extend(whole.by.keys() | reject('in', columns)) -%}
    {%- do expressions.extend(whole.by.values() | list + [whole.fact_only]) -%}
{%- endfor -%}
{%- set of_fact = {
    'order_lines': 'count(*)' if fact == 'fact_sales' else 'sum(order_lines)',
    'units': 'sum(order_quantity)' if fact == 'fact_sales' else 'sum(units)',
    'revenue': 'sum(revenue)',
    'cost': 'sum(cost)',
    'profit': 'sum(profit)',
    'orders': 'count(distinct order_number)',
    'customers': 'count(distinct nullif(customer_key, -1))',
} -%}
{%- set joins = {
    'orders': [ref('fact_orders'), ['customer_key', 'order_number']],
    'products': [ref('dim_products'), ['product_key']],
    'customers': [ref('dim_customers'), ['customer_key']],
    'territories': [ref('dim_territories'), ['territory_key']],
} %}

with

facts as (

    select
        {% for part in compared -%}
        {% set number = loop.index -%}
        {% for column, expression in part.by.items() -%}
        cast({{ expression }} as varchar(256)) as {{ column }}_{{ number }},
        {% endfor -%}
        {{ part.fact_only }} as is_in_part_{{ number }},
        {% endfor -%}
        sales.*
    from {{ ref(fact) }} as sales
    {% for name, (relation, keys) in joins.items() if name ~ '.' in expressions | join(' ') -%}
    left join {{ relation }} as {{ name }}
        on
            {% for key in keys -%}
            {{ 'and ' if not loop.first }}sales.{{ key }} = {{ name }}.{{ key }}
            {% endfor %}
    {% endfor %}
),

cells as (
    {% for part in compared %}
    {%- set number = loop.index %}
    select
        {{ number }} as part,
        {% for column in columns -%}
        cast({{ column if column in part.by else 'null' }} as varchar(256)) as {{ column }},
        {% endfor -%}
        cast(count(*) as bigint) as mart_rows,
        cast(0 as bigint) as fact_rows,
        {% for column in measures -%}
        cast({{ 'coalesce(sum(' ~ column ~ '), 0)' if column in part.measures else '0' }} as numeric(18, 4))
            as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ part.model }}
    where {{ part.mart_only }}
    {{ 'group by ' ~ part.by | join(', ') if part.by }}
    union all
    select
        {{ number }} as part,
        {% for column in columns -%}
        {{ column ~ '_' ~ number if column in part.by else 'cast(null as varchar(256))' }} as {{ column }},
        {% endfor -%}
        cast(0 as bigint) as mart_rows,
        cast(count(*) as bigint) as fact_rows,
        {% for column, measure in measures.items() -%}
        cast({{ '-coalesce(' ~ of_fact[measure] ~ ', 0)' if column in part.measures else '0' }} as numeric(18, 4))
            as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from facts
    where is_in_part_{{ number }}
    {% if part.by -%}
    group by {% for column in part.by %}{{ column }}_{{ number }}{{ ', ' if not loop.last }}{% endfor %}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

differences as (

    select
        part,
        {% for column in columns -%}
        {{ column }},
        {% endfor -%}
        {% for column in measures -%}
        sum({{ column }}) as unexplained_{{ column }},
        {% endfor -%}
        sum(mart_rows) as mart_rows,
        sum(fact_rows) as fact_rows,
        sum(sum(mart_rows)) over (partition by part) as all_mart_rows,
        sum(sum(fact_rows)) over (partition by part) as all_fact_rows
    from cells
    group by {{ (['part'] + columns) | join(', ') }}

)

select *
from differences
where
    (all_mart_rows = 0 and all_fact_rows > 0)
    {%- for column in measures %}
    or unexplained_{{ column }} <> 0
    {%- endfor %}

{% endtest %}

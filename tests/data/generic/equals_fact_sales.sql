{#-
    A mart's measures equal those of `fact_sales` exactly, for each value of `by` (without `by`, in total). A value
    that is only in one table counts as 0 in the other. A mart without rows fails, where the fact has some.

    measures   columns of the mart, or {column: measure of the fact}, measures being units, revenue, cost, profit
               (sums), orders and customers (distinct, without the Unknown customer). Distinct counts are
               non-additive, so they need a `by` that is the mart's grain.
    by         {column of the mart: SQL on the fact}, where the SQL may name `sales` (fact_sales), `orders`
               (fact_orders), `products`, `customers` and `territories` (the dimensions); only these are joined.
    mart_only  SQL condition on the mart's rows, to choose one type of row (segment_type = 'gender').
    fact_only  SQL condition on the fact's rows.
-#}
{% test equals_fact_sales(
    model, measures=['units', 'revenue', 'cost', 'profit'], by={}, mart_only='true', fact_only='true'
) %}
{{ config(tags=['reconcile']) }}

{%- set of_fact = {
    'units': 'sum(sales.order_quantity)',
    'revenue': 'sum(sales.revenue)',
    'cost': 'sum(sales.cost)',
    'profit': 'sum(sales.profit)',
    'orders': 'count(distinct sales.order_number)',
    'customers': 'count(distinct nullif(sales.customer_key, -1))',
} -%}
{%- set joins = {
    'orders': [ref('fact_orders'), 'order_number'],
    'products': [ref('dim_products'), 'product_key'],
    'customers': [ref('dim_customers'), 'customer_key'],
    'territories': [ref('dim_territories'), 'territory_key'],
} -%}
{%- set measures = measures if measures is mapping else dict(zip(measures, measures)) -%}
{%- set expressions = (by.values() | list + [fact_only]) | join(' ') %}

with

cells as (

    select
        {% for column in by -%}
        cast({{ column }} as varchar(256)) as {{ column }},
        {% endfor -%}
        count(*) as mart_rows,
        0 as fact_rows,
        {% for column in measures -%}
        cast(coalesce(sum({{ column }}), 0) as numeric(18, 4)) as {{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ model }}
    where {{ mart_only }}
    {% if by -%}
    group by {{ by | join(', ') }}
    {%- endif %}
    union all
    select
        {% for expression in by.values() -%}
        cast({{ expression }} as varchar(256)),
        {% endfor -%}
        0,
        count(*),
        {% for measure in measures.values() -%}
        cast(-coalesce({{ of_fact[measure] }}, 0) as numeric(18, 4)){{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fact_sales') }} as sales
    {% for name, (relation, key) in joins.items() if name ~ '.' in expressions -%}
    left join {{ relation }} as {{ name }} on sales.{{ key }} = {{ name }}.{{ key }}
    {% endfor -%}
    where {{ fact_only }}
    {% if by -%}
    group by {{ by.values() | join(', ') }}
    {%- endif %}

),

differences as (

    select
        {% for column in by -%}
        {{ column }},
        {% endfor -%}
        {% for column in measures -%}
        sum({{ column }}) as unexplained_{{ column }},
        {% endfor -%}
        sum(mart_rows) as mart_rows,
        sum(fact_rows) as fact_rows,
        sum(sum(mart_rows)) over () as all_mart_rows,
        sum(sum(fact_rows)) over () as all_fact_rows
    from cells
    {% if by -%}
    group by {{ by | join(', ') }}
    {%- endif %}

)

select *
from differences
where
    (all_mart_rows = 0 and all_fact_rows > 0)
    {%- for column in measures %}
    or unexplained_{{ column }} <> 0
    {%- endfor %}

{% endtest %}

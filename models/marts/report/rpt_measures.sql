{# Distinct orders and customers are non-additive, so each total is counted separately; NULL means all. #}
{%- set totals = [
    ('product_category_key', 'territory_key'),
    ('product_category_key', 'null'),
    ('null', 'territory_key'),
    ('null', 'null'),
] -%}

with

spans as (

    select
        period,
        is_year_before,
        first_date,
        last_date
    from {{ ref('rpt_period_spans') }}

),

products as (

    select
        product_key,
        product_category_key
    from {{ ref('dim_products') }}

),

sales_in_spans as (

    select
        sales.*,
        spans.period,
        spans.is_year_before,
        products.product_category_key
    from spans
    inner join {{ ref('fact_sales') }} as sales
        on sales.order_date between spans.first_date and spans.last_date
    inner join products on sales.product_key = products.product_key

),

returns_in_spans as (

    select
        returns.*,
        spans.period,
        spans.is_year_before,
        products.product_category_key
    from spans
    inner join {{ ref('fact_returns') }} as returns
        on returns.return_date between spans.first_date and spans.last_date
    inner join products on returns.product_key = products.product_key

),

counted as (
    {% for category, territory in totals %}
    {%- set groups = ['period', 'is_year_before'] + [category, territory] | reject('eq', 'null') | list %}
    select
        period,
        is_year_before,
        cast({{ category }} as integer) as product_category_key,
        cast({{ territory }} as integer) as territory_key,
        count(distinct order_number) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        0 as return_units
    from sales_in_spans
    group by {{ groups | join(', ') }}
    union all
    select
        period,
        is_year_before,
        cast({{ category }} as integer) as product_category_key,
        cast({{ territory }} as integer) as territory_key,
        0 as orders,
        0 as customers,
        0 as units,
        0 as revenue,
        0 as cost,
        0 as profit,
        sum(return_quantity) as return_units
    from returns_in_spans
    group by {{ groups | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Sales and returns of the same key become one row.
final as (

    select
        period,
        is_year_before,
        product_category_key,
        territory_key,
        {% for count in ['orders', 'customers', 'units'] -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in ['revenue', 'cost', 'profit'] -%}
        cast(sum({{ money }}) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(sum(return_units) as bigint) as return_units
    from counted
    group by
        period,
        is_year_before,
        product_category_key,
        territory_key

)

select * from final

{# Distinct orders and customers are non-additive, so each total is counted separately; NULL means all. #}
{%- set totals = [
    ('product_category_key', 'territory_key'),
    ('product_category_key', 'null'),
    ('null', 'territory_key'),
    ('null', 'null'),
] -%}
{%- set counts = ['orders', 'customers', 'units', 'return_units'] -%}
{%- set money = ['revenue', 'cost', 'profit', 'like_for_like_revenue', 'like_for_like_last_year_revenue'] -%}
{%- set sources = {
    'buyers_in_spans': {'customers': 'count(distinct customer_key)'},
    'returns_in_spans': {'return_units': 'sum(return_quantity)'},
    'compared_in_spans': {
        'like_for_like_revenue': 'sum(revenue)',
        'like_for_like_last_year_revenue': 'sum(last_year_revenue)',
    },
} -%}

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

sales as (

    select
        sales.*,
        products.product_category_key
    from {{ ref('fact_sales') }} as sales
    inner join products on sales.product_key = products.product_key

),

-- An order has one day, so the orders of days can be summed.
days as (
    {% for category, territory in totals %}
    select
        order_date,
        cast({{ category }} as integer) as product_category_key,
        cast({{ territory }} as integer) as territory_key,
        count(distinct order_number) as orders,
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from sales
    group by {{ ['order_date', category, territory] | reject('eq', 'null') | join(', ') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Each once, before they are counted in four ways.
buyers_in_spans as (

    select distinct
        spans.period,
        spans.is_year_before,
        sales.product_category_key,
        sales.territory_key,
        sales.customer_key
    from spans
    inner join sales on sales.order_date between spans.first_date and spans.last_date
    where sales.customer_key <> -1

),

returns_in_spans as (

    select
        returns.*,
        spans.period,
        spans.is_year_before,
        products.product_category_key
    from spans
    inner join {{ ref('int_returns__to_date') }} as returns
        on returns.return_date between spans.first_date and spans.last_date
    inner join products on returns.product_key = products.product_key

),

-- Of periods that have a year before, products that were on sale in the same month of both.
compared_in_spans as (

    select
        items.*,
        spans.period,
        false as is_year_before
    from spans
    inner join {{ ref('int_like_for_like') }} as items
        on {{ is_compared_in_span('items', 'spans') }}
    where
        spans.is_year_before
        and items.product_level = 'product'

),

counted as (

    select
        days.orders,
        0 as customers,
        days.units,
        0 as return_units,
        days.revenue,
        days.cost,
        days.profit,
        0 as like_for_like_revenue,
        0 as like_for_like_last_year_revenue,
        days.product_category_key,
        days.territory_key,
        spans.period,
        spans.is_year_before
    from spans
    inner join days on days.order_date between spans.first_date and spans.last_date
    {% for category, territory in totals %}
    {%- set groups = ['period', 'is_year_before'] + [category, territory] | reject('eq', 'null') | list %}
    {%- for source, measures in sources.items() %}
    union all
    select
        {%- for measure in counts + money %}
        {{ measures.get(measure, 0) }} as {{ measure }},
        {%- endfor %}
        cast({{ category }} as integer) as product_category_key,
        cast({{ territory }} as integer) as territory_key,
        period,
        is_year_before
    from {{ source }}
    group by {{ groups | join(', ') }}
    {%- endfor %}
    {%- endfor %}

),

-- Sales, returns and comparisons of the same key become one row.
final as (

    select
        period,
        is_year_before,
        product_category_key,
        territory_key,
        {% for count in counts -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        {% for amount in money[1:] -%}
        cast(sum({{ amount }}) as numeric(18, 4)) as {{ amount }},
        {% endfor -%}
        cast(sum({{ money[0] }}) as numeric(18, 4)) as {{ money[0] }}
    from counted
    group by
        period,
        is_year_before,
        product_category_key,
        territory_key

)

select * from final

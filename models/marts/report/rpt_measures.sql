{# Distinct orders and customers are non-additive, so each total is counted separately; NULL means all. #}
{%- set totals = [
    ('product_category_key', 'territory_key'),
    ('product_category_key', none),
    (none, 'territory_key'),
    (none, none),
] -%}
{%- set counts = ['orders', 'customers', 'units', 'return_units'] -%}
{%- set money = ['revenue', 'cost', 'profit', 'like_for_like_revenue', 'like_for_like_last_year_revenue'] -%}
{%- set sources = {
    'days_in_spans': {
        'orders': 'sum(orders)',
        'units': 'sum(units)',
        'revenue': 'sum(revenue)',
        'cost': 'sum(cost)',
        'profit': 'sum(profit)',
    },
    'buyers_in_spans': {'customers': 'sum(customers)'},
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
        last_date,
        -- A bit for each span, so that a set of spans is a number.
        cast(power(2, row_number() over (order by period, is_year_before)) as bigint) as span_bit
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

-- An order has one day and one territory, so its orders can be summed over both, but not over categories.
days as (

    select
        sales.order_date,
        sales.product_category_key,
        sales.territory_key,
        count(distinct sales.order_number) as orders,
        sum(sales.order_quantity) as units,
        sum(sales.revenue) as revenue,
        sum(sales.cost) as cost,
        sum(sales.profit) as profit
    from sales
    group by
        sales.order_date,
        sales.product_category_key,
        sales.territory_key
    union all
    select
        order_date,
        {{ null_of('territory_key') }} as product_category_key,
        territory_key,
        count(*) as orders,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from {{ ref('fact_orders') }}
    group by
        order_date,
        territory_key

),

days_in_spans as (

    select
        days.*,
        spans.period,
        spans.is_year_before
    from spans
    inner join days on days.order_date between spans.first_date and spans.last_date

),

bits_of_days as (

    select
        days.order_date,
        cast(sum(distinct spans.span_bit) as bigint) as span_bits
    from days
    inner join spans on days.order_date between spans.first_date and spans.last_date
    group by days.order_date

),

buyers as (

    select
        sales.customer_key,
        sales.product_category_key,
        sales.territory_key,
        bit_or(bits_of_days.span_bits) as span_bits
    from sales
    inner join bits_of_days on sales.order_date = bits_of_days.order_date
    where sales.customer_key <> -1
    group by
        sales.customer_key,
        sales.product_category_key,
        sales.territory_key

),

-- A customer counts once in each total, in every span that one of their days lies in.
buyers_by_bits as (
    {% for category, territory in totals %}
    select
        product_category_key,
        territory_key,
        span_bits,
        count(*) as customers
    from (
        select
            cast({{ category or null_of('product_category_key') }} as integer) as product_category_key,
            cast({{ territory or null_of('territory_key') }} as integer) as territory_key,
            bit_or(span_bits) as span_bits
        from buyers
        group by {{ ['customer_key', category, territory] | select | join(', ') }}
    ) as buyers_once
    group by
        product_category_key,
        territory_key,
        span_bits
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

buyers_in_spans as (

    select
        buyers_by_bits.*,
        spans.period,
        spans.is_year_before
    from spans
    inner join buyers_by_bits on (buyers_by_bits.span_bits & spans.span_bit) <> 0

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
    {% for category, territory in totals %}
    {%- set groups = ['period', 'is_year_before'] + [category, territory] | select | list %}
    {%- set outer_last = loop.last %}
    {%- for source, measures in sources.items() %}
    select
        {%- for measure in counts + money %}
        {{ measures.get(measure, 0) }} as {{ measure }},
        {%- endfor %}
        cast({{ category or null_of('product_category_key') }} as integer) as product_category_key,
        cast({{ territory or null_of('territory_key') }} as integer) as territory_key,
        period,
        is_year_before
    from {{ source }}
    {%- if source == 'days_in_spans' %}
    where product_category_key is {{ 'not ' if category }}null
    {%- elif source == 'buyers_in_spans' %}
    where
        product_category_key is {{ 'not ' if category }}null
        and territory_key is {{ 'not ' if territory }}null
    {%- endif %}
    group by {{ groups | join(', ') }}
    {{ 'union all' if not (outer_last and loop.last) }}
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

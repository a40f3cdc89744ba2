{%- set measures = {'units': 'order_quantity', 'revenue': 'revenue', 'cost': 'cost', 'profit': 'profit'} -%}
{%- set spans = {
    'current_range_': 'is_in_current_range',
    'last_12_': "period = 'last_12'",
    'previous_12_': "period = 'previous_12'",
} -%}

with

periods as (

    select
        last_12_from,
        previous_12_from
    from {{ ref('int_comparison_periods') }}

),

current_range as (

    select first_date
    from {{ ref('int_spans') }}
    where period = 'current_range'

),

sales as (

    select
        sales.*,
        sales.order_date >= current_range.first_date as is_in_current_range,
        {{ comparison_period('sales.order_date') }} as period
    from {{ ref('fact_sales') }} as sales
    cross join periods
    cross join current_range

),

sold as (

    select
        product_key,
        {% for measure, column in measures.items() -%}
        sum({{ column }}) as {{ measure }},
        {% for span, condition in spans.items() if span ~ measure != 'previous_12_cost' -%}
        sum(case when {{ condition }} then {{ column }} else 0 end) as {{ span }}{{ measure }},
        {% endfor -%}
        {% endfor -%}
        count(*) as order_lines,
        count(distinct order_number) as orders,
        count(distinct nullif(customer_key, -1)) as customers
    from sales
    group by product_key

),

returned as (

    select
        product_key,
        count(*) as return_records,
        sum(return_quantity) as return_units,
        sum(returned_value) as returned_value,
        sum(returned_profit) as returned_profit
    from {{ ref('int_returns__to_date') }}
    group by product_key

),

measured as (

    select
        products.product_key,
        products.product_model_key,
        products.product_subcategory_key,
        products.product_category_key,
        products.model_name,
        products.subcategory_name,
        products.category_name,
        cast(coalesce(sold.order_lines, 0) as bigint) as order_lines,
        cast(coalesce(sold.orders, 0) as bigint) as orders,
        cast(coalesce(sold.customers, 0) as bigint) as customers,
        {% for span in [''] + spans.keys() | list -%}
        cast(coalesce(sold.{{ span ~ 'units' }}, 0) as bigint) as {{ span }}units,
        {% for money in ['revenue', 'cost', 'profit'] if span ~ money != 'previous_12_cost' -%}
        cast(coalesce(sold.{{ span ~ money }}, 0) as numeric(18, 4)) as {{ span ~ money }},
        {% endfor -%}
        {% endfor -%}
        cast(coalesce(returned.return_records, 0) as bigint) as return_records,
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        cast(coalesce(returned.returned_value, 0) as numeric(18, 4)) as returned_value,
        cast(coalesce(returned.returned_profit, 0) as numeric(18, 4)) as returned_profit
    from {{ ref('dim_products') }} as products
    left join sold on products.product_key = sold.product_key
    left join returned on products.product_key = returned.product_key
    where products.product_key <> -1

)

select * from measured

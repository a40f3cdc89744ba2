with

periods as (

    select
        as_of_date,
        last_12_from,
        previous_12_from,
        has_previous_12
    from {{ ref('int_comparison_periods') }}

),

sales as (

    select
        sales.*,
        {{ comparison_period('sales.order_date') }} as period
    from {{ ref('fact_sales') }} as sales
    cross join periods

),

sold as (

    select
        product_key,
        count(distinct order_number) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        {% for period in ['last_12', 'previous_12'] -%}
        {% for measure in ['revenue', 'profit'] -%}
        sum(case when period = '{{ period }}' then {{ measure }} else 0 end) as {{ period }}_{{ measure }},
        {% endfor -%}
        sum(case when period = '{{ period }}' then order_quantity else 0 end) as {{ period }}_units,
        {% endfor -%}
        min(order_date) as first_sale_date,
        max(order_date) as last_sale_date
    from sales
    group by product_key

),

returned as (

    select
        product_key,
        sum(return_quantity) as return_units
    from {{ ref('fact_returns') }}
    group by product_key

),

measured as (

    select
        products.product_key,
        products.product_category_key,
        {% for count in ['orders', 'customers', 'units', 'last_12_units', 'previous_12_units'] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in [
            'revenue', 'cost', 'profit',
            'last_12_revenue', 'last_12_profit', 'previous_12_revenue', 'previous_12_profit',
        ] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        sold.first_sale_date,
        sold.last_sale_date,
        periods.as_of_date - sold.first_sale_date as days_since_first_sale,
        periods.has_previous_12
    from {{ ref('dim_products') }} as products
    cross join periods
    left join sold on products.product_key = sold.product_key
    left join returned on products.product_key = returned.product_key
    where products.product_key <> -1

)

select * from measured

with

periods as (

    select
        last_12_from,
        previous_12_from,
        has_previous_12
    from {{ ref('int_comparison_periods') }}

),

orders as (

    select
        territory_key,
        customer_key,
        order_date,
        is_first_order,
        units,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}

),

first_orders as (

    select
        customer_key,
        order_date as first_order_date
    from orders
    where is_first_order

),

-- Of the last 12 months: new customers began in them, returning ones before.
orders_in_periods as (

    select
        orders.*,
        {{ comparison_period('orders.order_date') }} as period,
        case
            when orders.order_date < periods.last_12_from or first_orders.customer_key is null then null
            when first_orders.first_order_date >= periods.last_12_from then 'new'
            else 'returning'
        end as last_12_customer_group
    from orders
    cross join periods
    left join first_orders on orders.customer_key = first_orders.customer_key

),

sold as (

    select
        territory_key,
        count(*) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        {% for measure in ['revenue', 'profit'] -%}
        sum(case when customer_key <> -1 then {{ measure }} else 0 end) as known_customer_{{ measure }},
        {% endfor -%}
        {% for group in ['new', 'returning'] -%}
        count(distinct case when last_12_customer_group = '{{ group }}' then customer_key end)
            as last_12_{{ group }}_customers,
        sum(case when last_12_customer_group = '{{ group }}' then revenue else 0 end)
            as last_12_{{ group }}_customer_revenue,
        {% endfor -%}
        {% for period in ['last_12', 'previous_12'] -%}
        count(case when period = '{{ period }}' then 1 end) as {{ period }}_orders,
        {% for measure in ['revenue', 'profit'] -%}
        sum(case when period = '{{ period }}' then {{ measure }} else 0 end) as {{ period }}_{{ measure }},
        {% endfor -%}
        {% endfor -%}
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from orders_in_periods
    group by territory_key

),

returned as (

    select
        territory_key,
        sum(return_quantity) as return_units,
        sum(returned_value) as returned_value,
        sum(returned_profit) as returned_profit
    from {{ ref('int_returns__to_date') }}
    group by territory_key

),

-- The Unknown territory is included only if it has sales or returns.
measured as (

    select
        territories.territory_key,
        territories.region,
        territories.country,
        territories.continent,
        {% for count in [
            'orders', 'customers', 'units', 'last_12_orders', 'previous_12_orders',
            'last_12_new_customers', 'last_12_returning_customers',
        ] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in [
            'revenue', 'cost', 'profit',
            'last_12_revenue', 'last_12_profit', 'previous_12_revenue', 'previous_12_profit',
            'known_customer_revenue', 'known_customer_profit',
            'last_12_new_customer_revenue', 'last_12_returning_customer_revenue',
        ] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        {% for money in ['returned_value', 'returned_profit'] -%}
        cast(coalesce(returned.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        sold.first_order_date,
        sold.last_order_date,
        coalesce(sold.first_order_date > periods.previous_12_from, false) as began_in_comparison,
        periods.has_previous_12
    from {{ ref('dim_territories') }} as territories
    cross join periods
    left join sold on territories.territory_key = sold.territory_key
    left join returned on territories.territory_key = returned.territory_key
    where
        territories.territory_key <> -1
        or sold.territory_key is not null
        or returned.territory_key is not null

)

select * from measured

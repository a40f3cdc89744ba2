with

territories as (

    select
        territory_key,
        region,
        country,
        continent
    from {{ ref('dim_territories') }}

),

periods as (

    select
        last_12_from,
        previous_12_from,
        has_previous_12
    from {{ ref('int_comparison_periods') }}

),

sales as (

    select
        sales.order_number,
        sales.order_date,
        sales.customer_key,
        sales.territory_key,
        sales.order_quantity,
        sales.revenue,
        sales.cost,
        sales.profit,
        case
            when sales.order_date >= periods.last_12_from then 'last_12'
            when sales.order_date >= periods.previous_12_from then 'previous_12'
        end as period
    from {{ ref('fact_sales') }} as sales
    cross join periods

),

returns as (

    select
        territory_key,
        return_quantity
    from {{ ref('fact_returns') }}

),

sold as (

    select
        territory_key,
        count(distinct order_number) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        {% for period in ['last_12', 'previous_12'] -%}
        count(distinct case when period = '{{ period }}' then order_number end) as {{ period }}_orders,
        sum(case when period = '{{ period }}' then revenue else 0 end) as {{ period }}_revenue,
        sum(case when period = '{{ period }}' then profit else 0 end) as {{ period }}_profit,
        {% endfor -%}
        min(order_date) as first_order_date,
        max(order_date) as last_order_date
    from sales
    group by territory_key

),

returned as (

    select
        territory_key,
        sum(return_quantity) as return_units
    from returns
    group by territory_key

),

-- The Unknown territory is left out until something falls into it.
measured as (

    select
        territories.territory_key,
        territories.region,
        territories.country,
        territories.continent,
        {% for count in ['orders', 'customers', 'units', 'last_12_orders', 'previous_12_orders'] -%}
        cast(coalesce(sold.{{ count }}, 0) as bigint) as {{ count }},
        {% endfor -%}
        {% for money in [
            'revenue', 'cost', 'profit',
            'last_12_revenue', 'last_12_profit', 'previous_12_revenue', 'previous_12_profit',
        ] -%}
        cast(coalesce(sold.{{ money }}, 0) as numeric(18, 4)) as {{ money }},
        {% endfor -%}
        cast(coalesce(returned.return_units, 0) as bigint) as return_units,
        sold.first_order_date,
        sold.last_order_date,
        periods.has_previous_12
    from territories
    cross join periods
    left join sold on territories.territory_key = sold.territory_key
    left join returned on territories.territory_key = returned.territory_key
    where
        territories.territory_key <> -1
        or sold.territory_key is not null
        or returned.territory_key is not null

)

select * from measured

with

periods as (

    select
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
        territory_key,
        count(distinct order_number) as orders,
        count(distinct nullif(customer_key, -1)) as customers,
        sum(order_quantity) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit,
        {% for period in ['last_12', 'previous_12'] -%}
        count(distinct case when period = '{{ period }}' then order_number end) as {{ period }}_orders,
        {% for measure in ['revenue', 'profit'] -%}
        sum(case when period = '{{ period }}' then {{ measure }} else 0 end) as {{ period }}_{{ measure }},
        {% endfor -%}
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
    from {{ ref('fact_returns') }}
    group by territory_key

),

-- The Unknown territory is included only if it has sales or returns.
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

with

measured as (

    select
        territory_key,
        region,
        country,
        continent,
        orders,
        customers,
        units,
        revenue,
        cost,
        profit,
        return_units,
        first_order_date,
        last_order_date,
        last_12_orders,
        last_12_revenue,
        last_12_profit,
        previous_12_orders,
        previous_12_revenue,
        previous_12_profit,
        has_previous_12
    from {{ ref('int_territories__sales_periods') }}

),

with_growth as (

    select
        territory_key,
        previous_12_orders < {{ threshold('territory_small_base') }} as is_small_base,
        {% for measure in ['revenue', 'profit'] -%}
        case
            when has_previous_12 and previous_12_orders >= {{ threshold('territory_small_base') }}
                then {{ relative_change('last_12_' ~ measure, 'previous_12_' ~ measure) }}
        end as {{ measure }}_growth,
        {% endfor -%}
        {{ relative_change('sum(last_12_revenue) over ()', 'sum(previous_12_revenue) over ()') }}
            as all_revenue_growth,
        sum(profit) over () as all_profit
    from measured

),

compared as (

    select
        territory_key,
        {{ relative_change('1 + revenue_growth', '1 + all_revenue_growth') }} as relative_revenue_growth
    from with_growth

),

final as (

    select
        measured.territory_key,
        measured.region,
        measured.country,
        measured.continent,
        measured.orders,
        measured.customers,
        measured.units,
        measured.revenue,
        measured.cost,
        measured.profit,
        {{ safe_divide('measured.profit', 'measured.revenue') }} as profit_margin,
        {{ safe_divide('measured.revenue', 'measured.orders') }} as average_order_value,
        {{ safe_divide('measured.revenue', 'measured.customers') }} as revenue_per_customer,
        {{ safe_divide('measured.profit', 'measured.customers') }} as profit_per_customer,
        measured.return_units,
        {{ safe_divide('measured.return_units', 'measured.units') }} as return_rate,
        {{ share_of('measured.profit', 'with_growth.all_profit') }} as profit_share,
        cast(rank() over (order by measured.profit desc) as integer) as profit_rank,
        measured.first_order_date,
        measured.last_order_date,
        {% for period in ['last_12', 'previous_12'] -%}
        measured.{{ period }}_orders,
        measured.{{ period }}_revenue,
        measured.{{ period }}_profit,
        {% endfor -%}
        with_growth.is_small_base,
        with_growth.revenue_growth,
        with_growth.profit_growth,
        compared.relative_revenue_growth,
        cast(
            case
                when not measured.has_previous_12 or measured.orders = 0 then null
                when measured.last_12_orders = 0 then 'declining'
                when with_growth.revenue_growth is null then 'emerging'
                when with_growth.revenue_growth <= {{ threshold('territory_declining') }} then 'declining'
                when compared.relative_revenue_growth >= {{ threshold('territory_growing') }} then 'growing'
                else 'established'
            end as varchar(16)
        ) as maturity
    from measured
    inner join with_growth on measured.territory_key = with_growth.territory_key
    inner join compared on measured.territory_key = compared.territory_key

)

select * from final

with

with_growth as (

    select
        *,
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
    from {{ ref('int_territories__sales_periods') }}

),

compared as (

    select
        *,
        {{ relative_change('1 + revenue_growth', '1 + all_revenue_growth') }} as relative_revenue_growth
    from with_growth

),

final as (

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
        -- Ratios
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        {{ safe_divide('revenue', 'orders') }} as average_order_value,
        {{ safe_divide('revenue', 'customers') }} as revenue_per_customer,
        {{ safe_divide('profit', 'customers') }} as profit_per_customer,
        return_units,
        {{ safe_divide('return_units', 'units') }} as return_rate,
        {{ share_of('profit', 'all_profit') }} as profit_share,
        cast(rank() over (order by profit desc) as integer) as profit_rank,
        first_order_date,
        last_order_date,
        -- Last 12 months and the 12 before
        {% for period in ['last_12', 'previous_12'] -%}
        {{ period }}_orders,
        {{ period }}_revenue,
        {{ period }}_profit,
        {% endfor -%}
        is_small_base,
        revenue_growth,
        profit_growth,
        relative_revenue_growth,
        -- Growth against the business
        cast(
            case
                when not has_previous_12 or orders = 0 then null
                when last_12_orders = 0 then 'declining'
                when revenue_growth is null then 'emerging'
                when revenue_growth <= {{ threshold('territory_declining') }} then 'declining'
                when relative_revenue_growth >= {{ threshold('territory_growing') }} then 'growing'
                else 'established'
            end as varchar(16)
        ) as maturity
    from compared

)

select * from final

{% set measures = ['revenue', 'profit'] %}

with

totalled as (

    select
        territories.*,
        standardised.standardised_profit_per_customer,
        standardised.standardised_coverage,
        standardised.profit_to_expected,
        {% for period in ['last_12', 'previous_12'] -%}
        sum(territories.{{ period }}_revenue) over () as all_{{ period }}_revenue,
        {% endfor -%}
        sum(territories.profit) over () as all_profit,
        territories.began_in_comparison
        and territories.is_small_base
        and territories.last_12_orders >= {{ threshold('territory_small_base') }} as is_emerging
    from {{ ref('int_territories__like_for_like') }} as territories
    left join {{ ref('int_territories__standardised') }} as standardised
        on territories.territory_key = standardised.territory_key

),

with_growth as (

    select
        *,
        {% for measure in measures -%}
        case
            when has_previous_12 and not is_small_base
                then {{ relative_change('last_12_' ~ measure, 'previous_12_' ~ measure) }}
        end as {{ measure }}_growth,
        {% endfor -%}
        case
            when has_previous_12 and not is_small_base
                then {{ relative_to_all('last_12_revenue', 'previous_12_revenue') }}
        end as relative_revenue_growth
    from totalled

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
        {{ safe_divide('known_customer_revenue', 'customers') }} as revenue_per_customer,
        {{ safe_divide('known_customer_profit', 'customers') }} as profit_per_customer,
        standardised_profit_per_customer,
        standardised_coverage,
        profit_to_expected,
        {{ share_of('profit', 'all_profit') }} as profit_share,
        cast(rank() over (order by profit desc) as integer) as profit_rank,
        -- Returns
        return_units,
        {{ safe_divide('return_units', 'units') }} as return_rate,
        {{ net_of_returns() }},
        first_order_date,
        last_order_date,
        -- Last 12 months and the 12 before
        {% for period in ['last_12', 'previous_12'] -%}
        {{ period }}_orders,
        {{ period }}_revenue,
        {{ period }}_profit,
        {% endfor -%}
        {% for group in ['new', 'returning'] -%}
        last_12_{{ group }}_customers,
        last_12_{{ group }}_customer_revenue,
        {% endfor -%}
        is_small_base,
        revenue_growth,
        profit_growth,
        relative_revenue_growth,
        -- Like for like
        {{ like_for_like_columns() | join(',\n        ') }},
        {% for suffix in like_for_like_levels().values() -%}
        relative_like_for_like_change{{ suffix }},
        {% endfor -%}
        -- Growing against the business, declining by itself
        cast(
            case
                when not has_previous_12 or orders = 0 then null
                when is_emerging then 'emerging'
                when revenue_growth is null then 'too small to tell'
                when revenue_growth <= {{ threshold('territory_declining') }} then 'declining'
                when relative_revenue_growth >= {{ threshold('territory_growing') }} then 'growing'
                else 'established'
            end as varchar(32)
        ) as maturity
    from with_growth

)

select * from final

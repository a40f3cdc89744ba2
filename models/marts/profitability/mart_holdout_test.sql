with

measured as (

    select
        *,
        profit / nullif(earlier_customers, 0) as mean_profit,
        earlier_customers
        * {{ squared_error_of_mean('earlier_customers', 'profit', 'profit_squares') }} as variance,
        -- Normal quantiles of the two-sided significance level and of the power.
        power({{ threshold('holdout_significance_quantile') }} + {{ threshold('holdout_power_quantile') }}, 2)
            as quantiles_squared
    from {{ ref('int_regions__profit_of_customers') }}

),

sized as (

    select
        *,
        {% for lift in [5, 10] -%}
        case
            when mean_profit > 0
                then
                    cast(
                        ceiling(
                            2 * quantiles_squared * variance / power({{ lift }} * mean_profit / 100, 2)
                        ) as bigint
                    )
        end as customers_per_arm_for_{{ lift }}_percent,
        {% endfor -%}
        case
            when mean_profit > 0
                then sqrt(2 * quantiles_squared * variance / (customers / 2.0)) / mean_profit
        end as detectable_lift
    from measured

),

final as (

    select
        sized.territory_key,
        cast(coalesce(territories.region, 'all regions') as varchar(64)) as region,
        cast(coalesce(territories.country, 'all countries') as varchar(64)) as country,
        sized.customers,
        sized.earlier_customers,
        cast(sized.mean_profit as numeric(18, 4)) as mean_90_day_profit,
        cast(sqrt(sized.variance) as numeric(18, 4)) as standard_deviation,
        sized.customers_per_arm_for_5_percent,
        sized.customers_per_arm_for_10_percent,
        coalesce(
            2 * sized.customers_per_arm_for_10_percent <= sized.customers, false
        ) as has_enough_for_10_percent,
        cast(sized.detectable_lift as numeric(18, 6)) as detectable_lift
    from sized
    left join {{ ref('dim_territories') }} as territories on sized.territory_key = territories.territory_key

)

select * from final

with

cells as (

    select
        territory_key,
        product_category_key,
        first_order_quarter,
        cast(customers as double precision) as customers,
        buyers,
        profit
    from {{ ref('int_territory_categories__buyers') }}

),

-- The share of buyers among all customers of a quarter who could have bought, the territory's own included.
with_rate as (

    select
        cells.*,
        sum(cells.customers) over (
            partition by cells.product_category_key, cells.first_order_quarter
        ) as all_customers,
        sum(cells.buyers) over (
            partition by cells.product_category_key, cells.first_order_quarter
        ) as all_buyers
    from cells

),

-- Mantel-Haenszel: expectation and variance of the buyers of each quarter, at the rate of all.
summed as (

    select
        territory_key,
        product_category_key,
        cast(sum(customers) as bigint) as customers,
        cast(sum(buyers) as bigint) as buyers,
        cast(sum(profit) as numeric(18, 4)) as profit,
        cast(sum(customers * all_buyers / all_customers) as numeric(28, 10)) as expected_buyers,
        cast(
            coalesce(sum(
                customers * all_buyers * (all_customers - all_buyers) * (all_customers - customers)
                / (all_customers * all_customers * nullif(all_customers - 1, 0))
            ), 0) as numeric(28, 10)
        ) as variance
    from with_rate
    group by
        territory_key,
        product_category_key

),

-- NULL without a variance, and for a small base, which is not judged.
final as (

    select
        territory_key,
        product_category_key,
        customers,
        buyers,
        profit,
        expected_buyers,
        expected_buyers < {{ threshold('segment_small_base') }} as is_small_base,
        cast(
            case
                when expected_buyers >= {{ threshold('segment_small_base') }} and variance > 0
                    then {{ two_sided_p_value(
                        '(buyers - expected_buyers) / sqrt(cast(variance as double precision))'
                    ) }}
            end as numeric(18, 10)
        ) as p_value
    from summed

)

select * from final

with

territories as (

    select
        territory_key,
        first_order_quarter,
        customers,
        cast(profit as double precision) as profit
    from {{ ref('int_territory_quarters') }}

),

quarters as (

    select
        first_order_quarter,
        sum(customers) as customers,
        sum(profit) as profit,
        sum(sum(customers)) over () as all_customers
    from territories
    group by first_order_quarter

),

-- Direct: the territory's profit per customer of each quarter, in the mix of quarters of all customers. A
-- quarter in which the territory has no customers has no mean, so the others are weighted up.
-- Expected: all customers' profit per customer of each quarter, in the mix of the territory.
summed as (

    select
        territories.territory_key,
        sum(territories.customers) as customers,
        sum(territories.profit) as profit,
        sum(quarters.customers * territories.profit / territories.customers) as standardised_profit,
        sum(quarters.customers) as covered_customers,
        sum(territories.customers * quarters.profit / quarters.customers) as expected_profit,
        max(quarters.all_customers) as all_customers
    from territories
    inner join quarters on territories.first_order_quarter = quarters.first_order_quarter
    group by territories.territory_key

),

final as (

    select
        territory_key,
        {{ safe_divide('standardised_profit', 'covered_customers') }} as standardised_profit_per_customer,
        {{ safe_divide('covered_customers', 'all_customers') }} as standardised_coverage,
        cast(case
            when customers >= {{ threshold('segment_small_base') }}
                then {{ share_of('profit', 'expected_profit') }}
        end as numeric(18, 6)) as profit_to_expected
    from summed

)

select * from final

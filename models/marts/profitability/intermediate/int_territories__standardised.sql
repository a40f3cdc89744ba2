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
        count(*) over () as quarters
    from territories
    group by first_order_quarter

),

-- Direct: the territory's profit per customer of each quarter, in the mix of quarters of all customers.
-- Expected: all customers' profit per customer of each quarter, in the mix of the territory.
summed as (

    select
        territories.territory_key,
        sum(territories.customers) as customers,
        sum(territories.profit) as profit,
        sum(quarters.customers * territories.profit / territories.customers) as standardised_profit,
        sum(quarters.customers) as standard_customers,
        sum(territories.customers * quarters.profit / quarters.customers) as expected_profit,
        count(*) as quarters,
        max(quarters.quarters) as all_quarters
    from territories
    inner join quarters on territories.first_order_quarter = quarters.first_order_quarter
    group by territories.territory_key

),

final as (

    select
        territory_key,
        case
            when customers >= {{ threshold('segment_small_base') }} and quarters = all_quarters
                then {{ safe_divide('standardised_profit', 'standard_customers') }}
        end as standardised_profit_per_customer,
        case
            when customers >= {{ threshold('segment_small_base') }}
                then {{ share_of('profit', 'expected_profit') }}
        end as profit_to_expected
    from summed

)

select * from final

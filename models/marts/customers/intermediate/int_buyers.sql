with

orders as (

    select
        customer_key,
        territory_key,
        age_group,
        age_group_order,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        cast(count(*) as bigint) as orders,
        cast(sum(units) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit
    from {{ ref('fact_orders') }}
    group by
        customer_key,
        territory_key,
        age_group,
        age_group_order

),

premium as (

    select
        customer_key,
        territory_key,
        age_group,
        cast(sum(premium_revenue) as numeric(18, 4)) as premium_revenue
    from {{ ref('int_buyers__by_product_group') }}
    where product_level = 'category'
    group by
        customer_key,
        territory_key,
        age_group

),

several_profiles as (

    select
        customer_key,
        min(first_order_date) as first_order_date
    from orders
    group by customer_key
    having count(*) > 1

),

final as (

    select
        orders.customer_key,
        orders.territory_key,
        orders.age_group,
        orders.age_group_order,
        cast(
            date_trunc('quarter', coalesce(several_profiles.first_order_date, orders.first_order_date))
            as date
        ) as first_order_quarter,
        orders.last_order_date,
        orders.orders,
        orders.units,
        orders.revenue,
        orders.cost,
        orders.profit,
        premium.premium_revenue,
        territories.country,
        several_profiles.customer_key is null as has_single_profile,
        customers.income_bracket,
        customers.income_bracket_order,
        customers.gender,
        customers.marital_status,
        customers.education_level,
        customers.occupation,
        customers.is_home_owner,
        customers.total_children
    from orders
    inner join {{ ref('dim_customers') }} as customers on orders.customer_key = customers.customer_key
    inner join {{ ref('dim_territories') }} as territories on orders.territory_key = territories.territory_key
    inner join premium
        on
            orders.customer_key = premium.customer_key
            and orders.territory_key = premium.territory_key
            and orders.age_group = premium.age_group
    left join several_profiles on orders.customer_key = several_profiles.customer_key

)

select * from final

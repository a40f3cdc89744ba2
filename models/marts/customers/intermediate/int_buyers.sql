with

orders as (

    select
        customer_key,
        territory_key,
        age_group,
        age_group_order,
        units,
        revenue,
        cost,
        profit
    from {{ ref('fact_orders') }}

),

purchases as (

    select
        customer_key,
        territory_key,
        age_group,
        premium_revenue
    from {{ ref('int_buyers__by_product_group') }}
    where product_level = 'category'

),

customers as (

    select
        customer_key,
        income_bracket,
        income_bracket_order,
        gender,
        marital_status,
        education_level,
        occupation,
        is_home_owner,
        total_children
    from {{ ref('dim_customers') }}

),

territories as (

    select
        territory_key,
        country
    from {{ ref('dim_territories') }}

),

ordered as (

    select
        customer_key,
        territory_key,
        age_group,
        age_group_order,
        count(*) as orders,
        sum(units) as units,
        sum(revenue) as revenue,
        sum(cost) as cost,
        sum(profit) as profit
    from orders
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
        sum(premium_revenue) as premium_revenue
    from purchases
    group by
        customer_key,
        territory_key,
        age_group

),

changed as (

    select customer_key
    from ordered
    group by customer_key
    having count(*) > 1

),

final as (

    select
        ordered.customer_key,
        ordered.territory_key,
        territories.country,
        ordered.age_group,
        ordered.age_group_order,
        changed.customer_key is null as has_single_profile,
        customers.income_bracket,
        customers.income_bracket_order,
        customers.gender,
        customers.marital_status,
        customers.education_level,
        customers.occupation,
        customers.is_home_owner,
        customers.total_children,
        cast(ordered.orders as bigint) as orders,
        cast(ordered.units as bigint) as units,
        cast(ordered.revenue as numeric(18, 4)) as revenue,
        cast(ordered.cost as numeric(18, 4)) as cost,
        cast(ordered.profit as numeric(18, 4)) as profit,
        cast(premium.premium_revenue as numeric(18, 4)) as premium_revenue
    from ordered
    inner join customers on ordered.customer_key = customers.customer_key
    inner join territories on ordered.territory_key = territories.territory_key
    inner join premium
        on
            ordered.customer_key = premium.customer_key
            and ordered.territory_key = premium.territory_key
            and ordered.age_group = premium.age_group
    left join changed on ordered.customer_key = changed.customer_key

)

select * from final

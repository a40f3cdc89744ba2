with

periods as (

    select last_12_from
    from {{ ref('int_comparison_periods') }}

),

-- A customer belongs to the region of the last order.
customers as (

    select
        customer_value.customer_key,
        customer_value.value_group,
        customer_value.expected_180_day_profit,
        orders.territory_key
    from {{ ref('mart_customer_value') }} as customer_value
    inner join {{ ref('fact_orders') }} as orders
        on
            customer_value.customer_key = orders.customer_key
            and customer_value.orders = orders.customer_order_number

),

expected as (

    select
        territory_key,
        value_group,
        count(*) as customers,
        sum(expected_180_day_profit) as expected_profit
    from customers
    group by
        territory_key,
        value_group

),

ordered as (

    select
        coalesce(customers.territory_key, orders.territory_key) as territory_key,
        cast(coalesce(customers.value_group, 'Unknown') as varchar(64)) as value_group,
        count(case when orders.order_date >= periods.last_12_from then 1 end) as last_12_orders
    from {{ ref('fact_orders') }} as orders
    cross join periods
    left join customers on orders.customer_key = customers.customer_key
    group by
        coalesce(customers.territory_key, orders.territory_key),
        coalesce(customers.value_group, 'Unknown')

),

sold as (

    select
        coalesce(customers.territory_key, bought.territory_key) as territory_key,
        cast(coalesce(customers.value_group, 'Unknown') as varchar(64)) as value_group,
        bought.product_group_key as product_category_key,
        sum(bought.last_12_profit) as last_12_profit,
        sum(bought.profit) as profit
    from {{ ref('int_buyers__by_product_group') }} as bought
    left join customers on bought.customer_key = customers.customer_key
    where bought.product_level = 'category'
    group by
        coalesce(customers.territory_key, bought.territory_key),
        coalesce(customers.value_group, 'Unknown'),
        bought.product_group_key

),

group_categories as (

    select
        value_group,
        product_category_key
    from sold
    group by
        value_group,
        product_category_key

),

cells as (

    select
        ordered.territory_key,
        group_categories.product_category_key,
        ordered.value_group,
        cast(coalesce(expected.customers, 0) as bigint) as customers,
        cast(coalesce(expected.expected_profit, 0) as numeric(18, 4)) as group_expected_profit,
        cast(ordered.last_12_orders as bigint) as group_last_12_orders,
        cast(coalesce(sold.last_12_profit, 0) as numeric(18, 4)) as last_12_profit,
        cast(coalesce(sold.profit, 0) as numeric(18, 4)) as profit
    from ordered
    inner join group_categories on ordered.value_group = group_categories.value_group
    left join expected
        on
            ordered.territory_key = expected.territory_key
            and ordered.value_group = expected.value_group
    left join sold
        on
            ordered.territory_key = sold.territory_key
            and ordered.value_group = sold.value_group
            and group_categories.product_category_key = sold.product_category_key

)

select * from cells

with

first_orders as (

    select
        customer_key,
        cast(date_trunc('quarter', order_date) as date) as first_order_quarter
    from {{ ref('fact_orders') }}
    where is_first_order

),

-- A customer of two territories is a customer of both, each with the orders there.
customers as (

    select
        orders.territory_key,
        orders.customer_key,
        first_orders.first_order_quarter,
        max(orders.order_date) as last_order_date
    from {{ ref('fact_orders') }} as orders
    inner join first_orders on orders.customer_key = first_orders.customer_key
    group by
        orders.territory_key,
        orders.customer_key,
        first_orders.first_order_quarter

),

-- Customers who could have bought: with an order in the territory, not before the category's first sale.
could_buy as (

    select
        customers.territory_key,
        categories.product_group_key as product_category_key,
        customers.first_order_quarter,
        count(*) as customers
    from customers
    inner join {{ ref('int_product_groups__on_sale') }} as categories
        on customers.last_order_date >= categories.first_sale_date
    where categories.product_level = 'category'
    group by
        customers.territory_key,
        categories.product_group_key,
        customers.first_order_quarter

),

buyers as (

    select
        bought.territory_key,
        bought.product_group_key as product_category_key,
        first_orders.first_order_quarter,
        count(distinct bought.customer_key) as buyers,
        cast(sum(bought.profit) as numeric(18, 4)) as profit
    from {{ ref('int_buyers__by_product_group') }} as bought
    inner join first_orders on bought.customer_key = first_orders.customer_key
    where bought.product_level = 'category'
    group by
        bought.territory_key,
        bought.product_group_key,
        first_orders.first_order_quarter

),

final as (

    select
        could_buy.territory_key,
        could_buy.product_category_key,
        could_buy.first_order_quarter,
        could_buy.customers,
        coalesce(buyers.buyers, 0) as buyers,
        cast(coalesce(buyers.profit, 0) as numeric(18, 4)) as profit
    from could_buy
    left join buyers
        on
            could_buy.territory_key = buyers.territory_key
            and could_buy.product_category_key = buyers.product_category_key
            and could_buy.first_order_quarter = buyers.first_order_quarter

)

select * from final

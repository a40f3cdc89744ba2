with

-- Customers of 90 days ago, and what they earned since then. Sums are decimal: that of doubles depends
-- on the order of the rows.
cutoff as (

    select as_of_date - 90 as cutoff_date
    from {{ ref('int_comparison_periods') }}

),

customers as (

    select
        orders.customer_key,
        max(orders.customer_order_number) as last_order_number,
        max(
            case when orders.order_date <= cutoff.cutoff_date then orders.customer_order_number end
        ) as earlier_order_number,
        sum(case when orders.order_date > cutoff.cutoff_date then orders.profit else 0 end) as profit
    from {{ ref('fact_orders') }} as orders
    cross join cutoff
    where orders.customer_key <> -1
    group by orders.customer_key

),

placed as (

    select
        orders.territory_key,
        cast(customers.profit as numeric(18, 4)) as profit,
        orders.customer_order_number = customers.last_order_number as is_today,
        coalesce(orders.customer_order_number = customers.earlier_order_number, false) as is_earlier
    from customers
    inner join {{ ref('fact_orders') }} as orders on customers.customer_key = orders.customer_key

),

regions as (

    select
        territory_key,
        count(case when is_today then 1 end) as customers,
        count(case when is_earlier then 1 end) as earlier_customers,
        sum(case when is_earlier then profit else 0 end) as profit,
        sum(case when is_earlier then profit * profit else 0 end) as profit_squares
    from placed
    group by territory_key

),

with_all as (

    select *
    from regions
    union all
    select
        cast(null as integer) as territory_key,
        cast(sum(customers) as bigint) as customers,
        cast(sum(earlier_customers) as bigint) as earlier_customers,
        sum(profit) as profit,
        sum(profit_squares) as profit_squares
    from regions

),

final as (

    select
        territory_key,
        cast(customers as bigint) as customers,
        cast(earlier_customers as bigint) as earlier_customers,
        cast(profit as double precision) as profit,
        cast(profit_squares as double precision) as profit_squares
    from with_all
    where customers > 0 or earlier_customers > 0

)

select * from final

with

summed as (

    select
        product_key,
        territory_key,
        order_date,
        unit_price,
        cast(count(*) as bigint) as order_lines,
        cast(sum(order_quantity) as bigint) as units,
        cast(sum(revenue) as numeric(18, 4)) as revenue,
        cast(sum(cost) as numeric(18, 4)) as cost,
        cast(sum(profit) as numeric(18, 4)) as profit
    from {{ ref('fact_sales') }}
    group by
        product_key,
        territory_key,
        order_date,
        unit_price

)

select * from summed

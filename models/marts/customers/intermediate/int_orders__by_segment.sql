with

orders as (

    select
        orders.age_group,
        customers.income_bracket,
        dates.range_from_date,
        count(*) as orders
    from {{ ref('fact_orders') }} as orders
    inner join {{ ref('dim_customers') }} as customers on orders.customer_key = customers.customer_key
    inner join {{ ref('int_product_range__dates') }} as dates on orders.order_date = dates.order_date
    group by
        orders.age_group,
        customers.income_bracket,
        dates.range_from_date

),

segmented as (
    {% for segment_type, segment_value in basket_segment_types('orders').items() %}
    select
        cast('{{ segment_type }}' as varchar(64)) as segment_type,
        cast({{ segment_value }} as varchar(256)) as segment_value,
        range_from_date,
        orders
    from orders
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (

    select
        segment_type,
        segment_value,
        range_from_date,
        cast(sum(orders) as bigint) as orders
    from segmented
    group by
        segment_type,
        segment_value,
        range_from_date

)

select * from summed

with

-- The range on sale changes on the day of a first sale and on the day after the last day on sale. A period
-- begins a range of its own, so that what is counted by range can be summed over periods as well.
changes as (

    select first_sale_date as range_from_date
    from {{ ref('int_product_groups__on_sale') }}
    union
    select last_day_on_sale + 1 as range_from_date
    from {{ ref('int_product_groups__on_sale') }}
    union
    select first_date as range_from_date
    from {{ ref('int_spans') }}

),

order_dates as (

    select order_date
    from {{ ref('fact_orders') }}
    group by order_date

),

final as (

    select
        order_dates.order_date,
        max(changes.range_from_date) as range_from_date
    from order_dates
    inner join changes on order_dates.order_date >= changes.range_from_date
    group by order_dates.order_date

)

select * from final

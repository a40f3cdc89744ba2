with

sales as (

    select
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        source_file,
        record_number
    from {{ ref('int_sales__as_of') }}
    where {{ is_affected_file('sales') }}

),

-- The one pass over the sales that looks for repeats; what follows sees only the few records found here.
-- Files that share an order line are affected together.
repeated_keys as (

    select
        order_number,
        order_line_number
    from sales
    group by
        order_number,
        order_line_number
    having count(*) > 1

),

repeated as (

    select
        sales.order_number,
        sales.order_line_number,
        sales.order_date,
        sales.stock_date,
        sales.product_key,
        sales.customer_key,
        sales.territory_key,
        sales.order_quantity,
        sales.source_file,
        sales.record_number
    from sales
    inner join repeated_keys
        on
            sales.order_number = repeated_keys.order_number
            and sales.order_line_number = repeated_keys.order_line_number

),

-- Grouping, unlike comparing, takes two missing values for the same.
contents as (

    select
        order_number,
        order_line_number
    from repeated
    group by
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity

),

conflicting_keys as (

    select
        order_number,
        order_line_number
    from contents
    group by
        order_number,
        order_line_number
    having count(*) > 1

),

judged as (

    select
        repeated.source_file,
        repeated.record_number,
        repeated.order_number,
        repeated.order_line_number,
        conflicting_keys.order_number is not null as is_conflicting,
        row_number() over (
            partition by repeated.order_number, repeated.order_line_number
            order by repeated.source_file, repeated.record_number
        ) as occurrence
    from repeated
    left join conflicting_keys
        on
            repeated.order_number = conflicting_keys.order_number
            and repeated.order_line_number = conflicting_keys.order_line_number

),

final as (

    select
        source_file,
        record_number,
        order_number,
        order_line_number,
        cast(
            case
                when is_conflicting then 'conflict'
                when occurrence = 1 then 'kept'
                else 'duplicate'
            end as varchar(64)
        ) as verdict
    from judged

)

select * from final

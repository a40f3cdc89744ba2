with

sales as (

    select *
    from {{ ref('int_sales__as_of') }}
    where {{ is_affected_file('sales') }}

),

-- Only this CTE scans all sales; later CTEs read the few records found here. Files that share an order
-- line are always rebuilt together.
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

    select sales.*
    from sales
    inner join repeated_keys
        on
            sales.order_number = repeated_keys.order_number
            and sales.order_line_number = repeated_keys.order_line_number

),

-- GROUP BY treats two NULLs as equal; a comparison does not.
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

numbered as (

    select
        repeated.*,
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
    from numbered

)

select * from final

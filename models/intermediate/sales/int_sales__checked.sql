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

),

repeated as (

    select
        source_file,
        record_number,
        verdict
    from {{ ref('int_sales__repeated') }}

),

calendar as (

    select calendar_date
    from {{ ref('stg_adventure_works__calendar') }}

),

versions as (

    select
        product_key,
        product_price,
        product_cost,
        valid_from,
        valid_to
    from {{ ref('int_products__versions') }}

),

-- Duplicates leave here: they are neither sold nor quarantined, and the ledger counts them apart.
looked_up as (

    select
        sales.order_number,
        sales.order_line_number,
        sales.order_date,
        sales.stock_date,
        sales.product_key,
        sales.customer_key,
        sales.territory_key,
        sales.order_quantity,
        versions.product_price as unit_price,
        versions.product_cost as unit_cost,
        sales.source_file,
        sales.record_number,
        coalesce(repeated.verdict = 'conflict', false) as is_conflicting,
        coalesce(sales.order_quantity <= 0, true) as is_quantity_impossible,
        calendar.calendar_date is null as is_outside_calendar,
        coalesce(sales.stock_date > sales.order_date, false) as is_stocked_after_order,
        versions.product_key is null as is_product_unknown,
        not coalesce(versions.product_price >= 0 and versions.product_cost >= 0, false) as is_price_invalid
    from sales
    left join repeated
        on
            sales.source_file = repeated.source_file
            and sales.record_number = repeated.record_number
    left join calendar on sales.order_date = calendar.calendar_date
    left join versions
        on
            sales.product_key = versions.product_key
            and sales.order_date >= versions.valid_from
            and sales.order_date < versions.valid_to
    where coalesce(repeated.verdict, 'kept') <> 'duplicate'

),

-- The fact takes the records without a reason. One column to filter by, rather than the flags, because DuckDB
-- multiplies its guesses of several filters and then takes the sales for the small side of its joins.
checked as (

    select
        order_number,
        order_line_number,
        order_date,
        stock_date,
        product_key,
        customer_key,
        territory_key,
        order_quantity,
        unit_price,
        unit_cost,
        source_file,
        record_number,
        is_conflicting,
        is_quantity_impossible,
        is_outside_calendar,
        is_stocked_after_order,
        is_product_unknown,
        is_price_invalid,
        cast(
            case
                when is_conflicting then 'conflicting_records'
                when is_quantity_impossible then 'impossible_quantity'
                when is_outside_calendar then 'date_outside_calendar'
                when is_stocked_after_order then 'stocked_after_order'
                when is_product_unknown then 'unknown_product'
                when is_price_invalid then 'no_valid_price'
            end as varchar(64)
        ) as quarantine_reason
    from looked_up

)

select * from checked

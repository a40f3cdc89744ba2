with

-- A calendar with gaps is still a calendar: only days before and after it are none of the retailer's.
calendar as (

    select
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from {{ ref('stg_adventure_works__calendar') }}

),

-- Exact duplicates are removed here; the ledger counts them separately. The fact filters by quarantine_reason
-- alone, since DuckDB underestimates several filters and then builds its joins on the large sales table.
checked as (

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
        {{ quarantine_reason_columns('sales') }}
    from {{ ref('int_sales__as_of') }} as sales
    left join {{ ref('int_sales__repeated') }} as repeated
        on
            sales.source_file = repeated.source_file
            and sales.record_number = repeated.record_number
    cross join calendar
    left join {{ ref('int_products__versions') }} as versions
        on
            sales.product_key = versions.product_key
            and sales.order_date >= versions.valid_from
            and sales.order_date < versions.valid_to
    where coalesce(repeated.verdict, 'kept') <> 'duplicate'

)

select * from checked

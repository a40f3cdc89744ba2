{{
    config(
        materialized='incremental',
        incremental_strategy='replace_source_files',
        on_schema_change='fail',
        meta={'raw_table': 'sales'},
    )
}}

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
        quarantine_reason
    from {{ ref('int_sales__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('sales') }}

),

explained as (

    select
        source_file,
        record_number,
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
        quarantine_reason,
        cast(
            trim(
                case when is_conflicting then 'conflicting_records ' else '' end
                || case when is_quantity_impossible then 'impossible_quantity ' else '' end
                || case when is_outside_calendar then 'date_outside_calendar ' else '' end
                || case when is_stocked_after_order then 'stocked_after_order ' else '' end
                || case when is_product_unknown then 'unknown_product ' else '' end
                || case when is_price_invalid and not is_product_unknown then 'no_valid_price ' else '' end
            ) as varchar(256)
        ) as quarantine_reasons
    from sales

)

select * from explained

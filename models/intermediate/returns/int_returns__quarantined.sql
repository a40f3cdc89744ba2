{{
    config(
        materialized='incremental',
        incremental_strategy='replace_source_files',
        on_schema_change='fail',
        meta={'raw_table': 'returns'},
    )
}}

with

returns as (

    select
        source_file,
        record_number,
        return_date,
        territory_key,
        product_key,
        return_quantity,
        unit_price,
        is_quantity_impossible,
        is_outside_calendar,
        is_product_unknown,
        is_price_invalid,
        quarantine_reason
    from {{ ref('int_returns__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('returns') }}

),

explained as (

    select
        source_file,
        record_number,
        return_date,
        territory_key,
        product_key,
        return_quantity,
        unit_price,
        quarantine_reason,
        cast(
            trim(
                case when is_quantity_impossible then 'impossible_quantity ' else '' end
                || case when is_outside_calendar then 'date_outside_calendar ' else '' end
                || case when is_product_unknown then 'unknown_product ' else '' end
                || case when is_price_invalid and not is_product_unknown then 'no_valid_price ' else '' end
            ) as varchar(256)
        ) as quarantine_reasons
    from returns

)

select * from explained

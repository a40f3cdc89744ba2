with

quarantined as (

    select
        source_file,
        record_number,
        return_date,
        territory_key,
        product_key,
        return_quantity,
        unit_price,
        quarantine_reason,
        quarantine_reasons
    from {{ ref('int_returns__checked') }}
    where
        quarantine_reason is not null
        and {{ is_affected_file('returns') }}

)

select * from quarantined

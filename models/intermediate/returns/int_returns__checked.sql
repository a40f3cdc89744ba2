with

checked as (

    select
        returns.source_file,
        returns.record_number,
        returns.return_date,
        returns.territory_key,
        returns.product_key,
        returns.return_quantity,
        versions.product_price as unit_price,
        versions.product_cost as unit_cost,
        {{ quarantine_reason_columns('returns') }}
    from {{ ref('int_returns__as_of') }} as returns
    left join {{ ref('stg_adventure_works__calendar') }} as calendar
        on returns.return_date = calendar.calendar_date
    left join {{ ref('int_products__versions') }} as versions
        on
            returns.product_key = versions.product_key
            and returns.return_date >= versions.valid_from
            and returns.return_date < versions.valid_to

)

select * from checked

with

-- A calendar with gaps is still a calendar: only days before and after it are none of the retailer's.
calendar as (

    select
        min(calendar_date) as first_date,
        max(calendar_date) as last_date
    from {{ ref('stg_adventure_works__calendar') }}

),

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
    cross join calendar
    left join {{ ref('int_products__versions') }} as versions
        on
            returns.product_key = versions.product_key
            and returns.return_date >= versions.valid_from
            and returns.return_date < versions.valid_to

)

select * from checked

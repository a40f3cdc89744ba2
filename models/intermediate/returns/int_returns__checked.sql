with

returns as (

    select
        return_date,
        territory_key,
        product_key,
        return_quantity,
        source_file,
        record_number
    from {{ ref('int_returns__as_of') }}

),

calendar as (

    select calendar_date
    from {{ ref('stg_adventure_works__calendar') }}

),

versions as (

    select
        product_key,
        product_price,
        valid_from,
        valid_to
    from {{ ref('int_products__versions') }}

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
        {{ quarantine_reason_columns('returns') }}
    from returns
    left join calendar on returns.return_date = calendar.calendar_date
    left join versions
        on
            returns.product_key = versions.product_key
            and returns.return_date >= versions.valid_from
            and returns.return_date < versions.valid_to

)

select * from checked

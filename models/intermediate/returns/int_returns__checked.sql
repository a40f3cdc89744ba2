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

looked_up as (

    select
        returns.source_file,
        returns.record_number,
        returns.return_date,
        returns.territory_key,
        returns.product_key,
        returns.return_quantity,
        versions.product_price as unit_price,
        coalesce(returns.return_quantity <= 0, true) as is_quantity_impossible,
        calendar.calendar_date is null as is_outside_calendar,
        versions.product_key is null as is_product_unknown,
        not coalesce(versions.product_price >= 0, false) as is_price_invalid
    from returns
    left join calendar on returns.return_date = calendar.calendar_date
    left join versions
        on
            returns.product_key = versions.product_key
            and returns.return_date >= versions.valid_from
            and returns.return_date < versions.valid_to

),

checked as (

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
        cast(
            case
                when is_quantity_impossible then 'impossible_quantity'
                when is_outside_calendar then 'date_outside_calendar'
                when is_product_unknown then 'unknown_product'
                when is_price_invalid then 'no_valid_price'
            end as varchar(64)
        ) as quarantine_reason
    from looked_up

)

select * from checked

with

priced as (

    select
        returns.source_file,
        returns.record_number,
        coalesce(returns.return_quantity, 0) as units,
        versions.product_price,
        coalesce(versions.product_price >= 0 and versions.product_cost >= 0, false) as is_priced
    from {{ ref('int_returns__as_of') }} as returns
    left join {{ ref('int_products__versions') }} as versions
        on
            returns.product_key = versions.product_key
            and returns.return_date >= versions.valid_from
            and returns.return_date < versions.valid_to

),

valued as (

    select
        source_file,
        record_number,
        units,
        is_priced,
        cast(case when is_priced then units * product_price else 0 end as numeric(18, 4)) as returned_value
    from priced

)

select * from valued

with

priced as (

    select
        sales.source_file,
        sales.record_number,
        coalesce(sales.order_quantity, 0) as units,
        versions.product_price,
        versions.product_cost,
        coalesce(versions.product_price >= 0 and versions.product_cost >= 0, false) as is_priced
    from {{ ref('int_sales__as_of') }} as sales
    left join {{ ref('int_products__versions') }} as versions
        on
            sales.product_key = versions.product_key
            and sales.order_date >= versions.valid_from
            and sales.order_date < versions.valid_to

),

valued as (

    select
        source_file,
        record_number,
        units,
        is_priced,
        cast(case when is_priced then units * product_price else 0 end as numeric(18, 4)) as revenue,
        cast(case when is_priced then units * product_cost else 0 end as numeric(18, 4)) as cost
    from priced

)

select * from valued

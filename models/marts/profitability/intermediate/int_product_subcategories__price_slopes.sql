with

priced as (

    select
        product_subcategory_key,
        ln(cast(revenue as double precision) / units) as log_price,
        ln(cast(units as double precision)) as log_units
    from {{ ref('int_products__price_movements') }}
    where revenue > 0

),

deviations as (

    select
        *,
        log_price - avg(log_price) over (partition by product_subcategory_key) as price_deviation,
        log_units - avg(log_units) over (partition by product_subcategory_key) as units_deviation
    from priced

),

cross_section as (

    select
        product_subcategory_key,
        cast(sum(price_deviation * units_deviation) / sum(power(price_deviation, 2)) as numeric(18, 6))
            as slope
    from deviations
    group by product_subcategory_key
    having
        count(*) >= {{ threshold('elasticity_cross_section_products') }}
        and exp(max(log_price) - min(log_price)) - 1 >= {{ threshold('elasticity_price_range') }}

)

select * from cross_section

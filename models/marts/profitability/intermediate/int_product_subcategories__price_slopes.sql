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
        count(*) as products,
        sum(power(price_deviation, 2)) as price_squares,
        sum(power(units_deviation, 2)) as units_squares,
        sum(price_deviation * units_deviation) as cross_products
    from deviations
    group by product_subcategory_key
    having
        count(*) >= {{ threshold('elasticity_cross_section_products') }}
        and exp(max(log_price) - min(log_price)) - 1 >= {{ threshold('elasticity_price_range') }}

),

with_interval as (

    select
        cross_section.product_subcategory_key,
        cross_section.products,
        cross_section.cross_products / cross_section.price_squares as slope,
        student_t.quantile * sqrt(
            greatest(
                cross_section.units_squares
                - power(cross_section.cross_products, 2) / cross_section.price_squares,
                0
            )
            / ((cross_section.products - 2) * cross_section.price_squares)
        ) as half_width
    from cross_section
    inner join {{ ref('student_t') }} as student_t
        on
            cross_section.products - 2 >= student_t.lower_degrees_of_freedom
            and cross_section.products - 2 < student_t.upper_degrees_of_freedom

),

final as (

    select
        product_subcategory_key,
        cast(products as integer) as products,
        cast(slope as numeric(18, 6)) as slope,
        cast(slope - half_width as numeric(18, 6)) as slope_lower,
        cast(slope + half_width as numeric(18, 6)) as slope_upper
    from with_interval

)

select * from final

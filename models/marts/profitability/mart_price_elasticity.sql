with

products as (

    select
        cast('product' as varchar(64)) as product_level,
        product_key as product_group_key,
        product_name as product_group_name,
        product_subcategory_key,
        sold_products,
        varied_products,
        prices,
        periods,
        lowest_price,
        highest_price,
        units,
        revenue,
        cast(price_squares as double precision) as price_squares,
        cast(units_squares as double precision) as units_squares,
        cast(cross_products as double precision) as cross_products
    from {{ ref('int_products__price_movements') }}

),

subcategories as (

    select
        product_subcategory_key,
        subcategory_name,
        category_name
    from {{ ref('dim_product_subcategories') }}

),

levels as (

    select *
    from products
    union all
    select
        cast('subcategory' as varchar(64)) as product_level,
        subcategories.product_subcategory_key as product_group_key,
        subcategories.subcategory_name as product_group_name,
        subcategories.product_subcategory_key,
        coalesce(sum(products.sold_products), 0) as sold_products,
        coalesce(sum(products.varied_products), 0) as varied_products,
        coalesce(sum(products.prices), 0) as prices,
        coalesce(sum(products.periods), 0) as periods,
        min(products.lowest_price) as lowest_price,
        max(products.highest_price) as highest_price,
        coalesce(sum(products.units), 0) as units,
        coalesce(sum(products.revenue), 0) as revenue,
        sum(products.price_squares) as price_squares,
        sum(products.units_squares) as units_squares,
        sum(products.cross_products) as cross_products
    from subcategories
    left join products on subcategories.product_subcategory_key = products.product_subcategory_key
    where
        subcategories.product_subcategory_key <> -1
        or products.product_group_key is not null
    group by
        subcategories.product_subcategory_key,
        subcategories.subcategory_name

),

judged as (

    select
        *,
        case
            when sold_products = 0 then 'not sold'
            when prices = sold_products then 'one price only'
            when varied_products = 0 then 'too little price variation'
            when periods - varied_products + 1 < {{ threshold('elasticity_periods') }} then 'too few periods'
            else 'identifiable'
        end as verdict,
        periods - varied_products - 1 as degrees_of_freedom
    from levels

),

estimated as (

    select
        judged.product_level,
        judged.product_group_key,
        judged.cross_products / judged.price_squares as elasticity,
        student_t.quantile * sqrt(
            greatest(judged.units_squares - power(judged.cross_products, 2) / judged.price_squares, 0)
            / (judged.degrees_of_freedom * judged.price_squares)
        ) as half_width,
        power(judged.cross_products, 2)
        / nullif(judged.price_squares * judged.units_squares, 0) as r_squared
    from judged
    inner join {{ ref('student_t') }} as student_t
        on
            judged.degrees_of_freedom >= student_t.lower_degrees_of_freedom
            and judged.degrees_of_freedom < student_t.upper_degrees_of_freedom
    where judged.verdict = 'identifiable'

),

final as (

    select
        cast(judged.product_level as varchar(64)) as product_level,
        judged.product_group_key,
        judged.product_group_name,
        judged.product_subcategory_key,
        subcategories.subcategory_name,
        subcategories.category_name,
        cast(judged.verdict as varchar(32)) as verdict,
        -- Evidence
        cast(judged.sold_products as integer) as sold_products,
        cast(judged.prices as bigint) as number_of_prices,
        cast(judged.varied_products as integer) as varied_products,
        cast(judged.periods as bigint) as observed_months,
        cast(judged.lowest_price as numeric(18, 4)) as lowest_price,
        cast(judged.highest_price as numeric(18, 4)) as highest_price,
        cast(judged.units as bigint) as units,
        cast(judged.revenue as numeric(18, 4)) as revenue,
        -- Estimate
        cast(estimated.elasticity as numeric(18, 6)) as elasticity,
        cast(estimated.elasticity - estimated.half_width as numeric(18, 6)) as elasticity_lower,
        cast(estimated.elasticity + estimated.half_width as numeric(18, 6)) as elasticity_upper,
        cast(estimated.r_squared as numeric(18, 6)) as r_squared,
        cross_section.products as cross_section_products,
        cross_section.slope as cross_section_slope,
        cross_section.slope_lower as cross_section_slope_lower,
        cross_section.slope_upper as cross_section_slope_upper
    from judged
    left join subcategories on judged.product_subcategory_key = subcategories.product_subcategory_key
    left join {{ ref('int_product_subcategories__price_slopes') }} as cross_section
        on
            judged.product_subcategory_key = cross_section.product_subcategory_key
            and judged.product_level = 'subcategory'
    left join estimated
        on
            judged.product_level = estimated.product_level
            and judged.product_group_key = estimated.product_group_key

)

select * from final

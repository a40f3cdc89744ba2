with

final as (

    select
        product_level,
        category_name,
        verdict,
        count(*) as items,
        {% for count in ['sold_products', 'number_of_prices', 'varied_products'] -%}
        cast(sum({{ count }}) as bigint) as {{ count }},
        {% endfor -%}
        min(elasticity) as lowest_elasticity,
        max(elasticity) as highest_elasticity,
        min(elasticity_lower) as lowest_bound,
        max(elasticity_upper) as highest_bound,
        min(cross_section_slope) as lowest_slope,
        max(cross_section_slope) as highest_slope,
        count(cross_section_slope) as slopes
    from {{ ref('mart_price_elasticity') }}
    group by
        product_level,
        category_name,
        verdict

)

select * from final

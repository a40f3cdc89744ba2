with

models as (

    select
        sales.product_category_key,
        sales.last_12_profit,
        advice.recommended_action = 'review price' as is_to_review
    from {{ ref('int_product_groups__sales_periods') }} as sales
    inner join {{ ref('int_product_groups__advice') }} as advice
        on
            sales.product_level = advice.product_level
            and sales.product_group_key = advice.product_group_key
    where sales.product_level = 'model'

),

price_reviews as (

    select
        product_category_key,
        count(case when is_to_review then 1 end) as models_to_review,
        {{ share_of('sum(case when is_to_review then last_12_profit else 0 end)', 'sum(last_12_profit)') }}
            as profit_share_to_review
    from models
    group by product_category_key

),

untapped as (

    select
        category_name,
        segment_value as country,
        count(distinct product_group_key) as untapped_groups,
        min(product_group_name) as untapped_name
    from {{ ref('mart_profitability_matrix') }}
    where
        period = 'current_range'
        and is_untapped
        and segment_type = 'country'
        and product_level = 'subcategory'
    group by
        category_name,
        segment_value

),

-- Fewer buyers than expected in the region itself.
expansion as (

    select
        territory_key,
        product_category_key,
        is_shortfall,
        buyers < expected_buyers as is_below_expected
    from {{ ref('mart_market_expansion') }}

),

final as (

    select
        territories.territory_key,
        territories.region,
        territories.country,
        price_reviews.product_category_key,
        categories.category_name,
        price_reviews.models_to_review,
        price_reviews.profit_share_to_review >= {{ threshold('budget_conflict_share') }} as has_price_review,
        coalesce(expansion.is_shortfall, false) as is_short_of_buyers,
        coalesce(untapped.untapped_groups, 0) as untapped_groups,
        untapped.untapped_name
    from {{ ref('dim_territories') }} as territories
    cross join price_reviews
    inner join {{ ref('dim_product_categories') }} as categories
        on price_reviews.product_category_key = categories.product_category_key
    left join expansion
        on
            territories.territory_key = expansion.territory_key
            and price_reviews.product_category_key = expansion.product_category_key
    -- A country has several regions; one with as many buyers as expected is not untapped.
    left join untapped
        on
            territories.country = untapped.country
            and categories.category_name = untapped.category_name
            and coalesce(expansion.is_below_expected, true)

)

select * from final

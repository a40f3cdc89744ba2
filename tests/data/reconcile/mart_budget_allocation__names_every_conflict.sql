-- A share that runs against other advice does not say so, or says so without reason.
with

price_reviews as (

    select
        product_category_key,
        sum(case when recommended_action = 'review price' then last_12_profit else 0 end)
        >= {{ threshold('budget_conflict_share') }} * sum(last_12_profit) as has_price_review
    from {{ ref('mart_model_profitability') }}
    group by product_category_key
    having sum(last_12_profit) > 0

),

untapped as (

    select
        category_name,
        segment_value as country,
        count(*) as untapped_rows
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

judged as (

    select
        budget.region,
        budget.category_name,
        budget.value_group,
        budget.share_change,
        budget.conflicts_with,
        coalesce(budget.share_change > 0 and price_reviews.has_price_review, false) as is_against_prices,
        coalesce(
            budget.share_change < 0
            and expansion.buyers < expansion.expected_buyers
            and expansion.adjusted_p_value < {{ threshold('significance_level') }},
            false
        ) as is_against_shortage,
        coalesce(
            budget.share_change < 0
            and untapped.untapped_rows > 0
            and (expansion.territory_key is null or expansion.buyers < expansion.expected_buyers),
            false
        ) as is_against_untapped
    from {{ ref('mart_budget_allocation') }} as budget
    left join price_reviews on budget.product_category_key = price_reviews.product_category_key
    left join untapped
        on
            budget.country = untapped.country
            and budget.category_name = untapped.category_name
    left join {{ ref('mart_market_expansion') }} as expansion
        on
            budget.territory_key = expansion.territory_key
            and budget.product_category_key = expansion.product_category_key

)

select *
from judged
where
    is_against_prices <> coalesce(conflicts_with like '%prices to review%', false)
    or is_against_shortage <> coalesce(conflicts_with like '%short of buyers%', false)
    or is_against_untapped <> coalesce(conflicts_with like '%untapped%', false)

with

-- Largest-remainder rounding to 6 decimals, so that the shares sum to exactly 1.
rounded_down as (

    select
        *,
        floor(exact_share * 1000000) as millionths,
        1000000 - sum(floor(exact_share * 1000000)) over () as left_over,
        row_number() over (
            order by
                exact_share * 1000000 - floor(exact_share * 1000000) desc,
                territory_key asc,
                product_category_key asc,
                value_group asc
        ) as turn
    from {{ ref('int_region_categories__budget_shares') }}

),

recommended as (

    select
        *,
        {{ share_of('last_12_profit', 'sum(last_12_profit) over ()') }} as base_share,
        {{ share_of('weight', 'all_weight') }} as share_before_cap,
        cast(
            (millionths + case when turn <= left_over then 1 else 0 end) / 1000000.0 as numeric(18, 6)
        ) as recommended_share
    from rounded_down

),

compared as (

    select
        recommended.*,
        other_advice.region,
        other_advice.country,
        other_advice.category_name,
        cast(recommended.recommended_share - recommended.base_share as numeric(18, 6)) as share_change,
        case
            when recommended.recommended_share > recommended.base_share and other_advice.has_price_review
                then 'prices to review: ' || cast(other_advice.models_to_review as varchar(16))
        end as price_conflict,
        case
            when recommended.recommended_share < recommended.base_share and other_advice.is_short_of_buyers
                then 'short of buyers'
        end as shortage_conflict,
        case
            when recommended.recommended_share < recommended.base_share and other_advice.untapped_groups > 0
                then
                    'untapped: ' || other_advice.untapped_name
                    || case
                        when other_advice.untapped_groups > 1
                            then ' and ' || cast(other_advice.untapped_groups - 1 as varchar(16)) || ' more'
                        else ''
                    end
        end as untapped_conflict
    from recommended
    inner join {{ ref('int_region_categories__other_advice') }} as other_advice
        on
            recommended.territory_key = other_advice.territory_key
            and recommended.product_category_key = other_advice.product_category_key

),

final as (

    select
        territory_key,
        region,
        country,
        product_category_key,
        category_name,
        value_group,
        customers,
        -- Today, and what is expected
        last_12_profit,
        base_share,
        expected_180_day_profit,
        cast(mix_basis as varchar(64)) as mix_basis,
        -- Allocation
        share_before_cap,
        recommended_share,
        share_change,
        cast(
            share_before_cap - base_share as numeric(18, 6)
        ) as share_change_by_expectation,
        cast(
            recommended_share - share_before_cap as numeric(18, 6)
        ) as share_change_by_cap,
        cast(
            case
                when weight <= 0 and is_forward_looking
                    then 'No share: no profit is expected.'
                when weight <= 0 then 'No share: no profit in the last 12 months.'
                when not is_forward_looking
                    then 'By profit of the last 12 months, since there is too little history to expect any.'
                when is_capped then 'Capped at the highest share that a single row may have.'
                when share_before_cap > base_share
                    then 'Above its base share: its share of expected profit is larger.'
                when share_change > 0
                    then 'Above its base share: it gets what the cap takes from others.'
                when share_before_cap < base_share
                    then 'Below its base share: its share of expected profit is smaller.'
                else 'As its base share.'
            end as varchar(256)
        ) as allocation_rule,
        cast(
            case
                when shortage_conflict is not null and untapped_conflict is not null
                    then shortage_conflict || '; ' || untapped_conflict
                else coalesce(price_conflict, shortage_conflict, untapped_conflict)
            end as varchar(256)
        ) as conflicts_with
    from compared

)

select * from final

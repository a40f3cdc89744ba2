with

contributions as (

    select
        *,
        not has_previous_12 or previous_12_orders < {{ threshold('budget_small_base') }} as is_small_base
    from {{ ref('int_category_income_brackets__sales_periods') }}

),

with_growth as (

    select
        *,
        case
            when not is_small_base then {{ relative_change('last_12_profit', 'previous_12_profit') }}
        end as profit_growth,
        {{ relative_change('sum(last_12_profit) over ()', 'sum(previous_12_profit) over ()') }}
            as all_profit_growth
    from contributions

),

-- Growth is relative to total growth, so that cells without a growth figure have a neutral weight.
compared as (

    select
        *,
        {{ relative_change('1 + profit_growth', '1 + all_profit_growth') }} as relative_profit_growth
    from with_growth

),

weighted as (

    select
        *,
        cast(
            greatest(last_12_profit, 0)
            * (
                1
                + greatest(
                    least(coalesce(relative_profit_growth, 0), {{ threshold('budget_growth_tilt') }}),
                    -{{ threshold('budget_growth_tilt') }}
                )
            ) as numeric(18, 4)
        ) as weight
    from compared

),

-- Largest-remainder rounding to 6 decimals, so that the shares sum to exactly 1.
allocated_millionths as (

    select
        *,
        cast(weight as double precision) * 1000000 / nullif(sum(weight) over (), 0) as exact_millionths
    from weighted

),

rounded_down as (

    select
        *,
        floor(exact_millionths) as millionths,
        1000000 - sum(floor(exact_millionths)) over () as left_over,
        row_number() over (
            order by
                exact_millionths - floor(exact_millionths) desc,
                product_category_key asc,
                income_bracket asc
        ) as turn
    from allocated_millionths

),

final as (

    select
        product_category_key,
        category_name,
        income_bracket,
        income_bracket_order,
        -- All sales
        units,
        revenue,
        cost,
        profit,
        {{ safe_divide('profit', 'revenue') }} as profit_margin,
        -- Growth over the last 12 months
        last_12_profit as contribution,
        last_12_orders,
        previous_12_orders,
        previous_12_profit,
        is_small_base,
        profit_growth,
        relative_profit_growth,
        -- Allocation
        weight,
        cast(
            (millionths + case when turn <= left_over then 1 else 0 end) / 1000000.0 as numeric(18, 6)
        ) as recommended_share,
        cast(
            case
                when last_12_profit <= 0
                    then 'No share: no profit in the last 12 months.'
                when relative_profit_growth is null
                    then 'By profit of the last 12 months; growth is not known well enough to count.'
                when relative_profit_growth >= {{ threshold('budget_growth_tilt') }}
                    then 'By profit of the last 12 months, raised as far as growth may.'
                when relative_profit_growth <= -{{ threshold('budget_growth_tilt') }}
                    then 'By profit of the last 12 months, lowered as far as growth may.'
                when relative_profit_growth > 0
                    then 'By profit of the last 12 months, raised by as much as it outgrew the business.'
                when relative_profit_growth < 0
                    then 'By profit of the last 12 months, lowered by as much as the business outgrew it.'
                else 'By profit of the last 12 months; it grew like the business.'
            end as varchar(256)
        ) as allocation_rule
    from rounded_down

)

select * from final

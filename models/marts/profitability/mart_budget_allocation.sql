with

contributions as (

    select
        product_category_key,
        category_name,
        income_bracket,
        income_bracket_order,
        units,
        revenue,
        cost,
        profit,
        last_12_orders,
        last_12_profit,
        previous_12_orders,
        previous_12_profit,
        not has_previous_12 or previous_12_orders < {{ threshold('budget_small_base') }} as is_small_base
    from {{ ref('int_category_income_brackets__sales_periods') }}

),

with_growth as (

    select
        product_category_key,
        income_bracket,
        last_12_profit,
        case
            when not is_small_base then {{ relative_change('last_12_profit', 'previous_12_profit') }}
        end as profit_growth,
        {{ relative_change('sum(last_12_profit) over ()', 'sum(previous_12_profit) over ()') }}
            as all_profit_growth
    from contributions

),

-- Growth counts against that of the whole business: cells whose growth is not told then stay in the middle.
compared as (

    select
        product_category_key,
        income_bracket,
        last_12_profit,
        profit_growth,
        {{ relative_change('1 + profit_growth', '1 + all_profit_growth') }} as relative_profit_growth
    from with_growth

),

weighted as (

    select
        product_category_key,
        income_bracket,
        profit_growth,
        relative_profit_growth,
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
        product_category_key,
        income_bracket,
        profit_growth,
        relative_profit_growth,
        weight,
        cast(weight as double precision) * 1000000 / nullif(sum(weight) over (), 0) as exact_millionths
    from weighted

),

rounded_down as (

    select
        product_category_key,
        income_bracket,
        profit_growth,
        relative_profit_growth,
        weight,
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
        contributions.product_category_key,
        contributions.category_name,
        contributions.income_bracket,
        contributions.income_bracket_order,
        contributions.units,
        contributions.revenue,
        contributions.cost,
        contributions.profit,
        {{ safe_divide('contributions.profit', 'contributions.revenue') }} as profit_margin,
        contributions.last_12_profit as contribution,
        contributions.last_12_orders,
        contributions.previous_12_orders,
        contributions.previous_12_profit,
        contributions.is_small_base,
        rounded_down.profit_growth,
        rounded_down.relative_profit_growth,
        rounded_down.weight,
        cast(
            (
                rounded_down.millionths
                + case when rounded_down.turn <= rounded_down.left_over then 1 else 0 end
            ) / 1000000.0 as numeric(18, 6)
        ) as recommended_share,
        cast(
            case
                when contributions.last_12_profit <= 0
                    then 'No share: no profit in the last 12 months.'
                when rounded_down.relative_profit_growth is null
                    then 'By profit of the last 12 months; growth is not known well enough to count.'
                when rounded_down.relative_profit_growth >= {{ threshold('budget_growth_tilt') }}
                    then 'By profit of the last 12 months, raised as far as growth may.'
                when rounded_down.relative_profit_growth <= -{{ threshold('budget_growth_tilt') }}
                    then 'By profit of the last 12 months, lowered as far as growth may.'
                when rounded_down.relative_profit_growth > 0
                    then 'By profit of the last 12 months, raised by as much as it outgrew the business.'
                when rounded_down.relative_profit_growth < 0
                    then 'By profit of the last 12 months, lowered by as much as the business outgrew it.'
                else 'By profit of the last 12 months; it grew like the business.'
            end as varchar(256)
        ) as allocation_rule
    from contributions
    inner join rounded_down
        on
            contributions.product_category_key = rounded_down.product_category_key
            and contributions.income_bracket = rounded_down.income_bracket

)

select * from final

with

-- A group that ordered little in a region buys like the group in all regions, or else as it always did.
mixed as (

    select
        *,
        case
            when group_last_12_orders >= {{ threshold('budget_small_base') }}
                then 'own region, last 12 months'
            when
                sum(group_last_12_orders) over (partition by value_group, product_category_key)
                >= {{ threshold('budget_small_base') }}
                then 'all regions, last 12 months'
            else 'all regions, all time'
        end as mix_basis,
        sum(last_12_profit) over (partition by value_group, product_category_key) as last_12_profit_anywhere,
        sum(profit) over (partition by value_group, product_category_key) as profit_anywhere
    from {{ ref('int_region_categories__value_groups') }}

),

with_mix as (

    select
        *,
        cast(
            greatest(
                case mix_basis
                    when 'own region, last 12 months' then last_12_profit
                    when 'all regions, last 12 months' then last_12_profit_anywhere
                    else profit_anywhere
                end,
                0
            ) as double precision
        ) as mix
    from mixed

),

with_expected_profit as (

    select
        *,
        coalesce(
            cast(
                cast(
                    group_expected_profit * mix
                    / nullif(sum(mix) over (partition by territory_key, value_group), 0) as numeric(28, 10)
                ) as numeric(18, 4)
            ),
            0
        ) as expected_180_day_profit
    from with_mix

),

-- Where nothing is expected, as of a shop that is too young, past profit has to do.
weighted as (

    select
        *,
        sum(expected_180_day_profit) over () > 0 as is_forward_looking,
        cast(
            greatest(
                case
                    when sum(expected_180_day_profit) over () > 0 then expected_180_day_profit
                    else last_12_profit
                end,
                0
            ) as numeric(18, 4)
        ) as weight
    from with_expected_profit

),

placed as (

    select
        *,
        row_number() over (
            order by weight desc, territory_key asc, product_category_key asc, value_group asc
        ) as place,
        sum(weight) over (
            order by weight desc, territory_key asc, product_category_key asc, value_group asc
            rows between unbounded preceding and current row
        ) - weight as weight_before,
        cast(sum(weight) over () as numeric(18, 4)) as all_weight,
        greatest(
            cast({{ threshold('budget_highest_share') }} as double precision),
            1 / cast(nullif(sum(case when weight > 0 then 1 else 0 end) over (), 0) as double precision)
        ) as highest_share
    from weighted

),

-- From the largest on, a share is capped if it would exceed the cap of what the shares before it have left.
capped as (

    select
        *,
        weight * (1 - (place - 1) * highest_share) > highest_share * (all_weight - weight_before) as is_capped
    from placed

),

final as (

    select
        territory_key,
        product_category_key,
        value_group,
        customers,
        last_12_profit,
        cast(mix_basis as varchar(64)) as mix_basis,
        expected_180_day_profit,
        is_forward_looking,
        weight,
        all_weight,
        is_capped,
        case
            when is_capped then highest_share
            else
                weight * (1 - highest_share * sum(case when is_capped then 1 else 0 end) over ())
                / nullif(all_weight - sum(case when is_capped then weight else 0 end) over (), 0)
        end as exact_share
    from capped

)

select * from final

with

ranked as (

    select
        *,
        count(p_value) over () as tests,
        row_number() over (
            order by case when p_value is null then 1 else 0 end, p_value, territory_key, product_category_key
        ) as p_rank
    from {{ ref('int_territory_categories__expected') }}

),

adjusted as (

    select
        *,
        cast({{ holm_p_value('p_value', []) }} as numeric(18, 10)) as adjusted_p_value
    from ranked

),

judged as (

    select
        *,
        buyers < expected_buyers
        and coalesce(adjusted_p_value < {{ threshold('significance_level') }}, false) as is_shortfall
    from adjusted

),

final as (

    select
        judged.territory_key,
        territories.region,
        territories.country,
        judged.product_category_key,
        categories.category_name,
        judged.customers,
        judged.buyers,
        cast(judged.expected_buyers as numeric(18, 6)) as expected_buyers,
        {{ safe_divide('judged.buyers', 'judged.expected_buyers') }} as buyers_to_expected,
        judged.is_small_base,
        judged.p_value,
        judged.adjusted_p_value,
        judged.is_shortfall,
        judged.profit,
        {{ safe_divide('judged.profit', 'judged.buyers') }} as profit_per_buyer,
        cast(
            case
                when judged.is_shortfall
                    then
                        cast(judged.expected_buyers - judged.buyers as double precision)
                        * judged.profit / nullif(judged.buyers, 0)
            end as numeric(18, 4)
        ) as missing_profit
    from judged
    inner join {{ ref('dim_territories') }} as territories on judged.territory_key = territories.territory_key
    inner join {{ ref('dim_product_categories') }} as categories
        on judged.product_category_key = categories.product_category_key

)

select * from final

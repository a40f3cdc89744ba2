with

counted as (

    select
        product_level,
        product_group_key,
        cast(order_lines as double precision) as order_lines,
        -- More may have been returned than sold, which a share cannot be.
        cast(least(return_records, order_lines) as double precision) as return_records,
        cast(subcategory_order_lines - order_lines as double precision) as other_order_lines,
        cast(
            least(subcategory_return_records - return_records, subcategory_order_lines - order_lines)
            as double precision
        ) as other_return_records
    from {{ ref('int_product_groups__sales_periods') }}

),

pooled as (

    select
        *,
        (return_records + other_return_records) / nullif(order_lines + other_order_lines, 0) as pooled_rate
    from counted

),

-- The normal approximation needs some expected returns on both sides.
scored as (

    select
        product_level,
        product_group_key,
        case
            when
                pooled_rate < 1
                and order_lines * pooled_rate >= {{ threshold('return_rate_expected_returns') }}
                and other_order_lines * pooled_rate >= {{ threshold('return_rate_expected_returns') }}
                then
                    (
                        return_records / nullif(order_lines, 0)
                        - other_return_records / nullif(other_order_lines, 0)
                    )
                    / sqrt(
                        pooled_rate * (1 - pooled_rate)
                        * (1 / nullif(order_lines, 0) + 1 / nullif(other_order_lines, 0))
                    )
        end as z
    from pooled

),

tested as (

    select
        product_level,
        product_group_key,
        z,
        {{ two_sided_p_value('z') }} as p_value
    from scored
    where z is not null

),

ranked as (

    select
        *,
        row_number() over (partition by product_level order by p_value asc, product_group_key asc) as p_rank,
        count(*) over (partition by product_level) as tests
    from tested

),

final as (

    select
        product_level,
        product_group_key,
        z > 0 as is_above_others,
        cast(
            {{ benjamini_hochberg_p_value('p_value', ['product_level']) }} as numeric(18, 10)
        ) as return_rate_p_value
    from ranked

)

select * from final

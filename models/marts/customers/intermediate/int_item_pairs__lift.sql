with

counted as (

    select *
    from {{ ref('int_item_pairs__orders') }}

),

-- The orders of the segment, and those of all other customers. The products of counts need floating point.
counts as (

    select
        segments.*,
        cast(segments.orders as double precision) as n,
        cast(segments.orders_with_a as double precision) as a,
        cast(segments.orders_with_b as double precision) as b,
        cast(segments.orders_together as double precision) as ab,
        nullif(cast(everyone.orders - segments.orders as double precision), 0) as rest_n,
        nullif(cast(everyone.orders_with_a - segments.orders_with_a as double precision), 0) as rest_a,
        nullif(cast(everyone.orders_with_b - segments.orders_with_b as double precision), 0) as rest_b,
        nullif(cast(everyone.orders_together - segments.orders_together as double precision), 0) as rest_ab
    from counted as segments
    inner join counted as everyone
        on
            segments.product_level = everyone.product_level
            and segments.product_group_a_key = everyone.product_group_a_key
            and segments.product_group_b_key = everyone.product_group_b_key
    where everyone.segment_type = 'all'

),

-- Score: the signed root of the chi-square of the 2 x 2 table of orders with and without each item.
scored as (

    select
        *,
        ln(ab * n / (a * b)) as log_lift,
        {{ variance_of_log_lift('n', 'a', 'b', 'ab') }} as variance,
        (ab * n - a * b) * sqrt(n) / sqrt(nullif(a * b * (n - a) * (n - b), 0)) as score,
        ln(rest_ab * rest_n / (rest_a * rest_b)) as log_rest_lift,
        {{ variance_of_log_lift('rest_n', 'rest_a', 'rest_b', 'rest_ab') }} as rest_variance
    from counts

),

differences as (

    select
        *,
        {{ normal_quantile_95() }} * sqrt(variance) as half_width,
        (log_lift - log_rest_lift) / sqrt(nullif(variance + rest_variance, 0)) as difference_score
    from scored

),

final as (

    select
        product_level,
        product_group_a_key,
        product_group_b_key,
        segment_type,
        segment_value,
        both_on_sale_from,
        both_on_sale_to,
        orders,
        orders_with_a,
        orders_with_b,
        orders_together,
        {{ safe_divide('ab * n', 'a * b') }} as lift,
        {{ safe_divide('exp(log_lift - half_width)', '1') }} as lift_low,
        {{ safe_divide('exp(log_lift + half_width)', '1') }} as lift_high,
        cast({{ two_sided_p_value('score') }} as numeric(18, 10)) as p_value,
        {{ safe_divide('rest_ab * rest_n', 'rest_a * rest_b') }} as rest_lift,
        cast({{ two_sided_p_value('difference_score') }} as numeric(18, 10)) as difference_p_value
    from differences

)

select * from final

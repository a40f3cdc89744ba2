with

-- Degrees of freedom: the smaller side's, which is cautious for a difference.
compared as (

    select
        *,
        cast(revenue as double precision) / nullif(customers, 0) as mean,
        cast(rest_revenue as double precision) / nullif(rest_customers, 0) as rest_mean,
        sqrt(squared_error) as error,
        sqrt(squared_error + rest_squared_error) as difference_error,
        cast(customers - 1 as double precision) as degrees,
        cast(least(customers, rest_customers) - 1 as double precision) as difference_degrees,
        least(customers, rest_customers) >= {{ threshold('segment_test_base') }} as is_comparable
    from {{ ref('int_customer_segments__spread') }}

),

scored as (

    select
        *,
        case
            when is_comparable and difference_error > 0
                then abs(mean - rest_mean) / difference_error
        end as t
    from compared

),

with_p_values as (

    select
        *,
        {{ normal_score_of_t('t', 'difference_degrees') }} as score
    from scored

),

tested as (

    select
        *,
        cast({{ two_sided_p_value('score') }} as numeric(18, 10)) as p_value
    from with_p_values

),

-- All segments of all types are one family. Ties have one rank, so that their intervals are of one level.
ranked as (

    select
        *,
        count(*) over () as segments,
        count(p_value) over () as tests,
        rank() over (order by p_value nulls last) as p_rank
    from tested

),

adjusted as (

    select
        *,
        {{ holm_p_value('p_value', []) }} as holm_p_value
    from ranked

),

-- The level at which Holm's procedure tested each segment; after the first that is not significant, it stops.
levels as (

    select
        *,
        cast({{ threshold('significance_level') }} as double precision) / segments as segment_level,
        cast({{ threshold('significance_level') }} as double precision) / nullif(
            tests - least(
                p_rank - 1,
                sum(case when holm_p_value < {{ threshold('significance_level') }} then 1 else 0 end) over ()
            ),
            0
        ) as difference_level
    from adjusted

),

quantiles as (

    select
        *,
        {{ normal_quantile('segment_level') }} as z,
        {{ normal_quantile('difference_level') }} as difference_z
    from levels

),

widths as (

    select
        quantiles.*,
        quantiles.error * student_t.quantile as unadjusted_half_width,
        quantiles.difference_error * difference_t.quantile as unadjusted_difference_half_width,
        case
            when quantiles.customers >= {{ threshold('segment_test_base') }}
                then quantiles.error * ({{ student_t_quantile('z', 'degrees') }})
        end as half_width,
        case
            when quantiles.p_value is not null
                then
                    quantiles.difference_error
                    * ({{ student_t_quantile('difference_z', 'difference_degrees') }})
        end as difference_half_width
    from quantiles
    left join {{ ref('student_t') }} as student_t
        on
            quantiles.degrees >= student_t.lower_degrees_of_freedom
            and quantiles.degrees < student_t.upper_degrees_of_freedom
    left join {{ ref('student_t') }} as difference_t
        on
            quantiles.difference_degrees >= difference_t.lower_degrees_of_freedom
            and quantiles.difference_degrees < difference_t.upper_degrees_of_freedom

),

final as (

    select
        segment_type,
        segment_value,
        {{ safe_divide('mean', '1') }} as revenue_per_customer,
        {{ safe_divide('mean - half_width', '1') }} as revenue_per_customer_low,
        {{ safe_divide('mean + half_width', '1') }} as revenue_per_customer_high,
        {{ safe_divide('mean - unadjusted_half_width', '1') }} as unadjusted_revenue_per_customer_low,
        {{ safe_divide('mean + unadjusted_half_width', '1') }} as unadjusted_revenue_per_customer_high,
        {{ safe_divide('rest_mean', '1') }} as rest_revenue_per_customer,
        {{ safe_divide('mean - rest_mean', '1') }} as difference_from_rest,
        {{ safe_divide('mean - rest_mean - difference_half_width', '1') }} as difference_from_rest_low,
        {{ safe_divide('mean - rest_mean + difference_half_width', '1') }} as difference_from_rest_high,
        {{ safe_divide('mean - rest_mean - unadjusted_difference_half_width', '1') }}
            as unadjusted_difference_from_rest_low,
        {{ safe_divide('mean - rest_mean + unadjusted_difference_half_width', '1') }}
            as unadjusted_difference_from_rest_high,
        p_value as difference_p_value,
        cast(holm_p_value as numeric(18, 10)) as adjusted_difference_p_value,
        coalesce(holm_p_value < {{ threshold('significance_level') }}, false) as differs_from_rest
    from widths

)

select * from final

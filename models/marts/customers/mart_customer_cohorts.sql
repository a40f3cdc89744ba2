with

accumulated as (

    select
        months.*,
        cast(
            sum(months.revenue) over (
                partition by months.cohort_month order by months.activity_month rows unbounded preceding
            ) as numeric(18, 4)
        ) as cumulative_revenue,
        {% for relation in ['cohort', 'range'] -%}
        1 - coalesce(min({{ relation }}_returns.not_returned_share) over (
            partition by months.cohort_month order by months.activity_month rows unbounded preceding
        ), 1) as {{ relation }}_returned_share,
        {% endfor -%}
        floor(365 * (months.months_since_first_order + 1) / 12.0) as days
    from {{ ref('int_customer_cohorts__months') }} as months
    left join {{ ref('int_customer_cohorts__returns') }} as cohort_returns
        on
            months.cohort_month = cohort_returns.cohort_month
            and months.months_since_first_order = cohort_returns.months_since_first_order
    left join {{ ref('int_customer_cohorts__returns') }} as range_returns
        on
            range_returns.cohort_month is null
            and months.is_before_launch = range_returns.is_before_launch
            and months.months_since_first_order = range_returns.months_since_first_order

),

final as (

    select
        cohort_month,
        activity_month,
        months_since_first_order,
        cohort_customers,
        active_customers,
        orders,
        revenue,
        cost,
        profit,
        is_observable,
        cumulative_revenue,
        {{ safe_divide('active_customers', 'cohort_customers') }} as retention_rate,
        {{ safe_divide('cumulative_revenue', 'cohort_customers') }}
            as cumulative_revenue_per_customer,
        -- Observed if at least the first customers were followed for so long, the as-of date included.
        cast(
            case when as_of_date - first_order_date + 1 >= days then cohort_returned_share end
            as numeric(18, 6)
        ) as cumulative_return_rate,
        cast(
            case when as_of_date - range_first_order_date + 1 >= days then range_returned_share end
            as numeric(18, 6)
        ) as range_cumulative_return_rate,
        is_before_launch
    from accumulated

)

select * from final

select
    cohort_month,
    cohort_customers,
    {% for months in [1, 6, 12] -%}
    cast(
        max(case when is_observable and months_since_first_order = {{ months }} then retention_rate end)
        as numeric(18, 4)
    ) as active_after_{{ months }}_months,
    {% endfor -%}
    {% for months in [6, 12, 24] -%}
    cast(
        max(case when months_since_first_order = {{ months - 1 }} then cumulative_return_rate end)
        as numeric(18, 4)
    ) as came_back_within_{{ months }}_months,
    {% endfor -%}
    cast(
        max(case when months_since_first_order = 11 then range_cumulative_return_rate end) as numeric(18, 4)
    ) as all_came_back_within_12_months,
    is_before_launch
from {{ ref('mart_customer_cohorts') }}
where extract(month from cohort_month) in (1, 4, 7, 10)
group by cohort_month, cohort_customers, is_before_launch
order by cohort_month desc
limit 20

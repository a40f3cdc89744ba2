select
    cohort_month,
    cohort_customers,
    {% for months in [1, 3, 6, 12] -%}
    cast(
        max(case when months_since_first_order = {{ months }} then retention_rate end) as numeric(18, 4)
    ) as after_{{ months }}_months,
    {% endfor -%}
    is_before_launch
from {{ ref('mart_customer_cohorts') }}
where is_observable
group by cohort_month, cohort_customers, is_before_launch
order by cohort_month

-- Like for like by category, the report's revenue equals the months of mart_monthly_performance.
with

spans as (

    select
        period,
        is_year_before,
        first_date,
        last_date
    from {{ ref('rpt_period_spans') }}

),

groups as (

    select
        period,
        revenue,
        revenue_year_before
    from {{ ref('rpt_like_for_like') }}
    where product_level = 'category'

),

months as (

    select
        month_start_date,
        like_for_like_revenue,
        like_for_like_last_year_revenue
    from {{ ref('mart_monthly_performance') }}

),

-- Periods that start within a month have no full months to compare.
compared_periods as (

    select
        spans.period,
        spans.first_date,
        spans.last_date
    from spans
    inner join spans as year_before on spans.period = year_before.period
    where
        not spans.is_year_before
        and year_before.is_year_before
        and extract(day from spans.first_date) = 1

),

of_mart as (

    select
        compared_periods.period,
        coalesce(sum(months.like_for_like_revenue), 0) as revenue,
        coalesce(sum(months.like_for_like_last_year_revenue), 0) as revenue_year_before
    from compared_periods
    left join months
        on months.month_start_date between compared_periods.first_date and compared_periods.last_date
    group by compared_periods.period

),

of_report as (

    select
        period,
        sum(revenue) as revenue,
        sum(revenue_year_before) as revenue_year_before
    from groups
    group by period

)

select
    of_mart.period,
    of_mart.revenue as mart_revenue,
    of_report.revenue as report_revenue,
    of_mart.revenue_year_before as mart_revenue_year_before,
    of_report.revenue_year_before as report_revenue_year_before
from of_mart
left join of_report on of_mart.period = of_report.period
where
    of_mart.revenue <> coalesce(of_report.revenue, 0)
    or of_mart.revenue_year_before <> coalesce(of_report.revenue_year_before, 0)

-- Like for like by product, the report's revenue equals that of months, territories and its own totals.
with

spans as (

    select
        period,
        is_year_before,
        first_date,
        last_date
    from {{ ref('rpt_period_spans') }}

),

months as (

    select
        month_start_date,
        like_for_like_revenue,
        like_for_like_last_year_revenue
    from {{ ref('mart_monthly_performance') }}

),

territories as (

    select
        like_for_like_revenue,
        like_for_like_last_year_revenue
    from {{ ref('mart_territory_performance') }}

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

of_marts as (

    select
        compared_periods.period,
        coalesce(sum(months.like_for_like_revenue), 0) as revenue,
        coalesce(sum(months.like_for_like_last_year_revenue), 0) as revenue_year_before
    from compared_periods
    left join months
        on months.month_start_date between compared_periods.first_date and compared_periods.last_date
    group by compared_periods.period
    union all
    select
        cast('last-12-months' as varchar(64)) as period,
        coalesce(sum(like_for_like_revenue), 0) as revenue,
        coalesce(sum(like_for_like_last_year_revenue), 0) as revenue_year_before
    from territories

),

of_report as (

    select
        period,
        sum(revenue) as revenue,
        sum(revenue_year_before) as revenue_year_before
    from {{ ref('rpt_like_for_like') }}
    where product_level = 'product'
    group by period

),

of_totals as (

    select
        period,
        sum(like_for_like_revenue) as revenue,
        sum(like_for_like_last_year_revenue) as revenue_year_before
    from {{ ref('rpt_measures') }}
    where
        not is_year_before
        and product_category_key is not null
        and territory_key is not null
    group by period

)

select
    of_marts.period,
    of_marts.revenue as mart_revenue,
    of_report.revenue as report_revenue,
    of_totals.revenue as total_revenue,
    of_marts.revenue_year_before as mart_revenue_year_before,
    of_report.revenue_year_before as report_revenue_year_before,
    of_totals.revenue_year_before as total_revenue_year_before
from of_marts
left join of_report on of_marts.period = of_report.period
left join of_totals on of_marts.period = of_totals.period
where
    of_marts.revenue <> coalesce(of_report.revenue, 0)
    or of_marts.revenue <> coalesce(of_totals.revenue, 0)
    or of_marts.revenue_year_before <> coalesce(of_report.revenue_year_before, 0)
    or of_marts.revenue_year_before <> coalesce(of_totals.revenue_year_before, 0)

with

items as (

    select
        month_start_date,
        {{ like_for_like_sums() }}
    from {{ ref('int_like_for_like') }}
    group by month_start_date

),

compared as (

    select
        months.*,
        cast(items.like_for_like_revenue as numeric(18, 4)) as like_for_like_revenue,
        cast(items.like_for_like_last_year_revenue as numeric(18, 4)) as like_for_like_last_year_revenue,
        {{ like_for_like_ratios('items', 'months.revenue', 'months.has_last_year') }}
    from {{ ref('int_months__sales') }} as months
    left join items on months.month_start_date = items.month_start_date

)

select * from compared

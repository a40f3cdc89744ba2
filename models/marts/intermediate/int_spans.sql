with

periods as (

    select last_12_from
    from {{ ref('int_comparison_periods') }}

),

categories as (

    select first_sale_date
    from {{ ref('int_product_groups__on_sale') }}
    where product_level = 'category'

),

extent as (

    select
        min(first_sale_date) as first_sale_date,
        max(first_sale_date) as last_launch_date
    from categories

),

spans as (

    select
        cast('all' as varchar(16)) as period,
        extent.first_sale_date as first_date
    from periods
    cross join extent
    union all
    select
        cast('current_range' as varchar(16)) as period,
        extent.last_launch_date as first_date
    from periods
    cross join extent
    union all
    select
        cast('last_12' as varchar(16)) as period,
        periods.last_12_from as first_date
    from periods

)

select * from spans

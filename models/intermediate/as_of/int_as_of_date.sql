{#- Also with the var, so that unit tests in an empty place find both relations. -#}
{% do depends_on_only('stg_adventure_works__calendar') %}
{% do depends_on_only('int_order_dates') %}
{% set day = as_of_date() %}

with

{% if day -%}
reporting_date as (

    select cast('{{ day }}' as date) as as_of_date

)
{%- else -%}
calendar as (

    select max(calendar_date) as last_date
    from {{ ref('stg_adventure_works__calendar') }}

),

-- A wrong date after the calendar is quarantined, so it must not move the as-of date.
last_order as (

    select max(dates.order_date) as order_date
    from {{ ref('int_order_dates') }} as dates
    inner join calendar on dates.order_date <= calendar.last_date

),

reporting_date as (

    select coalesce(last_order.order_date, calendar.last_date) as as_of_date
    from calendar
    cross join last_order

)
{%- endif %}

select * from reporting_date

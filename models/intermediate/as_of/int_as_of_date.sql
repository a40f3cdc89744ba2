{#- Also with the var, so that unit tests in an empty place find both relations. -#}
{% do depends_on_only('stg_adventure_works__calendar') %}
{% do depends_on_only('stg_adventure_works__sales') %}
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

    select max(sales.order_date) as order_date
    from {{ ref('stg_adventure_works__sales') }} as sales
    inner join calendar on sales.order_date <= calendar.last_date

),

reporting_date as (

    select coalesce(last_order.order_date, calendar.last_date) as as_of_date
    from calendar
    cross join last_order

)
{%- endif %}

select * from reporting_date

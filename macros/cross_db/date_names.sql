{#- Full English name of the month (January) and of the day of the week (Monday) of a date. -#}
{% macro month_name(date) -%}
    {{ return(adapter.dispatch('month_name', 'adventure_works')(date)) }}
{%- endmacro %}

{% macro default__month_name(date) -%}
    trim(to_char({{ date }}, 'Month'))
{%- endmacro %}

{% macro duckdb__month_name(date) -%}
    monthname({{ date }})
{%- endmacro %}


{% macro weekday_name(date) -%}
    {{ return(adapter.dispatch('weekday_name', 'adventure_works')(date)) }}
{%- endmacro %}

{% macro default__weekday_name(date) -%}
    trim(to_char({{ date }}, 'Day'))
{%- endmacro %}

{% macro duckdb__weekday_name(date) -%}
    dayname({{ date }})
{%- endmacro %}

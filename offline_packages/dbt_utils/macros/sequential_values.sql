{#
    One failure for each row that is not exactly `interval` (numbers, or with `datepart` so many days, hours,
    ...) after the row before it, in each group of `group_by_columns` or overall.
#}
{% test sequential_values(model, column_name, interval=1, datepart=none, group_by_columns=[]) %}

{%- set value = column_name if datepart is none else 'cast(' ~ column_name ~ ' as ' ~ dbt.type_timestamp() ~ ')' %}

with in_order as (
    select
        {%- for column in group_by_columns %}
        {{ column }},
        {%- endfor %}
        {{ value }} as this_value,
        lag({{ value }}) over (
            {{ 'partition by ' ~ group_by_columns | join(', ') if group_by_columns }} order by {{ value }}
        ) as previous_value
    from {{ model }}
)

select *
from in_order
{%- if datepart is none %}
where this_value != previous_value + {{ interval }}
{%- else %}
where this_value != cast({{ dbt.dateadd(datepart, interval, 'previous_value') }} as {{ dbt.type_timestamp() }})
{%- endif %}

{% endtest %}

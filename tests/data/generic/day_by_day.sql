{#- The table has one row for each day from its first to its last. An empty table fails. -#}
{% test day_by_day(model, date_column) %}

with

extent as (

    select
        min({{ date_column }}) as first_day,
        max({{ date_column }}) as last_day,
        count(*) as days
    from {{ model }}

)

select
    first_day,
    last_day,
    days
from extent
where coalesce(last_day - first_day + 1 <> days, true)

{% endtest %}

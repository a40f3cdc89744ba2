{#
    One failure for each group of `group_by` (or the whole model) whose number of rows is out of bounds;
    `strictly` excludes the bounds.
#}
{% test expect_table_row_count_to_be_between(
    model, min_value=none, max_value=none, group_by=none, row_condition=none, strictly=false
) %}

select
    {%- for column in group_by or [] %}
    {{ column }},
    {%- endfor %}
    count(*) as row_count
from {{ model }}
{%- if row_condition is not none %}
where {{ row_condition }}
{%- endif %}
{%- if group_by %}
group by {{ group_by | join(', ') }}
{%- endif %}
having not ({{ dbt_expectations.is_between('count(*)', min_value, max_value, strictly) }})

{% endtest %}

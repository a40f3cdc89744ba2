{# One failure for each group of `group_by_columns` (or the whole model) in which every value is NULL. #}
{% test at_least_one(model, column_name, group_by_columns=[]) %}

select
    {%- for column in group_by_columns %}
    {{ column }},
    {%- endfor %}
    count({{ column_name }}) as filled_rows
from {{ model }}
{%- if group_by_columns %}
group by {{ group_by_columns | join(', ') }}
{%- endif %}
having count({{ column_name }}) = 0

{% endtest %}

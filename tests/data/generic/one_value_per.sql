{#- All rows of a group have the same value in each column; for example, an order has one customer. -#}
{% test one_value_per(model, group_column, columns) %}

select
    {{ group_column }}
    {%- for column in columns %},
    min({{ column }}) as lowest_{{ column }},
    max({{ column }}) as highest_{{ column }}
    {%- endfor %}
from {{ model }}
group by {{ group_column }}
having
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}min({{ column }}) <> max({{ column }})
    {% endfor %}
{% endtest %}

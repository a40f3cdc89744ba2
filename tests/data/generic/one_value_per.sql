{#-
    All rows of a group have the same value in each column; for example, an order has one customer. With `unique_column`,
    each value of that column is once in a group, so that the two are the key of the table.
-#}
{% test one_value_per(model, group_column, columns, unique_column=none) %}

select
    {{ group_column }},
    {%- if unique_column %}
    count(*) - count(distinct {{ unique_column }}) as repeated_rows,
    {%- endif %}
    {%- for column in columns %}
    min({{ column }}) as lowest_{{ column }},
    max({{ column }}) as highest_{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ model }}
group by {{ group_column }}
having
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}min({{ column }}) <> max({{ column }})
    {% endfor -%}
    {{ 'or count(*) > count(distinct ' ~ unique_column ~ ')' if unique_column }}

{% endtest %}

{#
    One failure for each row where the expression is false; NULL is not judged. On a column, the expression
    follows its name: `>= 1`.
#}
{% test expression_is_true(model, expression, column_name=none) %}

select *
from {{ model }}
where not ({{ column_name if column_name is not none else '' }} {{ expression }})

{% endtest %}

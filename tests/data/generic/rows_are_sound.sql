{#-
    In one scan, of each row: the expression is true, and each key is in the table that it refers to. NULL is not judged.
    It says what dbt's `relationships` and dbt_utils' `expression_is_true` say in a scan for each.

    expression   SQL condition on the row, whose columns it names as `own.`.
    keys         {column: {to: the other table, field: its key}}
-#}
{% test rows_are_sound(model, expression, keys) %}

select own.*
from {{ model }} as own
{% for column, other in keys.items() -%}
left join {{ other.to }} as {{ column }}_table on own.{{ column }} = {{ column }}_table.{{ other.field }}
{% endfor -%}
where
    not ({{ expression }})
    {%- for column, other in keys.items() %}
    or (own.{{ column }} is not null and {{ column }}_table.{{ other.field }} is null)
    {%- endfor %}

{% endtest %}

{#
    One failure for each row where A is not greater than B (`or_equal`: not less); a row with a NULL is not
    judged.
#}
{% test expect_column_pair_values_A_to_be_greater_than_B(
    model, column_A, column_B, or_equal=false, row_condition=none
) %}

select *
from {{ model }}
where
    not ({{ column_A }} {{ '>=' if or_equal else '>' }} {{ column_B }})
    {%- if row_condition is not none %}
    and ({{ row_condition }})
    {%- endif %}

{% endtest %}

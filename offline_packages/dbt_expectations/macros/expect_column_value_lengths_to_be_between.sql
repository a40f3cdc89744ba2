{#
    One failure for each row whose text has fewer or more characters than the bounds, which `strictly`
    excludes; NULL is not judged.
#}
{% test expect_column_value_lengths_to_be_between(
    model, column_name, min_value=none, max_value=none, row_condition=none, strictly=false
) %}

select *
from {{ model }}
where
    not ({{ dbt_expectations.is_between('length(' ~ column_name ~ ')', min_value, max_value, strictly) }})
    {%- if row_condition is not none %}
    and ({{ row_condition }})
    {%- endif %}

{% endtest %}

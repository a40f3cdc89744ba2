{#
    Fails by the number of rows that the two relations differ by, summed over the groups of
    `group_by_columns`. As in the package on the hub, a relation or a group without any rows is not compared:
    say elsewhere that there must be some.
#}
{% test equal_rowcount(model, compare_model, group_by_columns=[]) %}

{{ config(fail_calc='sum(coalesce(difference, 0))') }}

{%- set groups = ['whole'] + group_by_columns %}

with model_rows as (
    select
        1 as whole,
        {%- for column in group_by_columns %}
        {{ column }},
        {%- endfor %}
        count(*) as row_count
    from {{ model }}
    group by {{ groups | join(', ') }}
),

compared_rows as (
    select
        1 as whole,
        {%- for column in group_by_columns %}
        {{ column }},
        {%- endfor %}
        count(*) as row_count
    from {{ compare_model }}
    group by {{ groups | join(', ') }}
)

select
    {%- for column in group_by_columns %}
    coalesce(model_rows.{{ column }}, compared_rows.{{ column }}) as {{ column }},
    {%- endfor %}
    model_rows.row_count as model_row_count,
    compared_rows.row_count as compared_row_count,
    abs(model_rows.row_count - compared_rows.row_count) as difference
from model_rows
full join compared_rows
    on
        model_rows.whole = compared_rows.whole
        {%- for column in group_by_columns %}
        and model_rows.{{ column }} = compared_rows.{{ column }}
        {%- endfor %}

{% endtest %}

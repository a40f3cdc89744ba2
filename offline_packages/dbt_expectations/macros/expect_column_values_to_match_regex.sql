{#
    One failure for each row whose text has no match for the regular expression anywhere in it; NULL is not
    judged. `flags` go to the engine ('i': ignore case). `is_raw` asks for a raw string, which neither DuckDB
    nor Redshift knows: it changes nothing.
#}
{% test expect_column_values_to_match_regex(model, column_name, regex, row_condition=none, is_raw=false, flags='') %}

select *
from {{ model }}
where
    not ({{ dbt_expectations.matches_regex(column_name, regex, flags) }})
    {%- if row_condition is not none %}
    and ({{ row_condition }})
    {%- endif %}

{% endtest %}


{# SQL condition: the text has a match for the regular expression somewhere; NULL where the text is. #}
{% macro matches_regex(text, regex, flags) %}
    {{- return(adapter.dispatch('matches_regex', 'dbt_expectations')(text, regex, flags)) }}
{% endmacro %}

{% macro default__matches_regex(text, regex, flags) -%}
    regexp_matches({{ text }}, '{{ regex }}', '{{ flags }}')
{%- endmacro %}

{% macro redshift__matches_regex(text, regex, flags) -%}
    regexp_instr({{ text }}, '{{ regex }}' {%- if flags %}, 1, 1, 0, '{{ flags }}'{% endif %}) > 0
{%- endmacro %}

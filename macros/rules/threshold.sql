{% macro threshold(name) -%}
    (select value from {{ ref('thresholds') }} where threshold = '{{ name }}')
{%- endmacro %}

{#-
    The value of a threshold, as a scalar sub-query on the seed `thresholds`. A model that uses it states no number of
    its own; tests/python/test_thresholds.py holds that every name used is in the seed, and every name in the seed is used.
-#}
{% macro threshold(name) -%}
    (select value from {{ ref('thresholds') }} where threshold = '{{ name }}')
{%- endmacro %}

{#-
    How much a figure changed, as a ratio of what it was (0.25 is a quarter more). Null where there is nothing positive
    to compare with: a change from nothing or from a loss has no ratio.
-#}
{% macro relative_change(now, before) -%}
    {{ safe_divide('(' ~ now ~ ') - (' ~ before ~ ')', 'case when ' ~ before ~ ' > 0 then ' ~ before ~ ' end') }}
{%- endmacro %}

{% macro relative_change(now, before) -%}
    {{ safe_divide('(' ~ now ~ ') - (' ~ before ~ ')', 'case when ' ~ before ~ ' > 0 then ' ~ before ~ ' end') }}
{%- endmacro %}

{% macro share_of(part, whole) -%}
    {{ safe_divide(part, 'case when ' ~ whole ~ ' > 0 then ' ~ whole ~ ' end') }}
{%- endmacro %}

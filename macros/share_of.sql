{#- A part as a share of a whole. Null where the whole is not positive: a loss has no shares. -#}
{% macro share_of(part, whole) -%}
    {{ safe_divide(part, 'case when ' ~ whole ~ ' > 0 then ' ~ whole ~ ' end') }}
{%- endmacro %}

{#
    SQL condition: the value lies between the bounds that are given (at least one), which `strictly` excludes.
#}
{% macro is_between(value, min_value, max_value, strictly) %}
    {%- if min_value is none and max_value is none %}
        {{ exceptions.raise_compiler_error('Give min_value, max_value or both.') }}
    {%- endif %}
    {%- set or_equal = '' if strictly else '=' %}
    {%- set conditions = [] %}
    {%- if min_value is not none %}
        {%- do conditions.append(value ~ ' >' ~ or_equal ~ ' ' ~ min_value) %}
    {%- endif %}
    {%- if max_value is not none %}
        {%- do conditions.append(value ~ ' <' ~ or_equal ~ ' ' ~ max_value) %}
    {%- endif %}
    {{- return(conditions | join(' and ')) }}
{% endmacro %}

{#-
    A query with one column, `n`: the whole numbers from 0 to 10^digits - 1, made of crossed digits because Redshift
    has no generate_series that a table can be built from.
-#}
{% macro whole_numbers(digits) -%}
    select
        {% for place in range(digits) -%}
            {{ '+ ' if not loop.first }}digit_{{ place }}.digit * {{ 10 ** place }}
        {% endfor -%}
        as n
    from
    {%- for place in range(digits) %}
        {{ 'cross join ' if not loop.first -}}
        (
            {%- for digit in range(10) %}
            select {{ digit }} as digit{{ ' union all' if not loop.last }}
            {%- endfor %}
        ) as digit_{{ place }}
    {%- endfor %}
{%- endmacro %}

{#- For equal values floating point can give slightly less than 0, so `greatest` limits it to 0. -#}
{% macro squared_error_of_mean(n, total, total_of_squares) -%}
    case
        when {{ n }} > 1
            then
                greatest(
                    cast({{ total_of_squares }} as double precision)
                    - cast({{ total }} as double precision) * cast({{ total }} as double precision) / {{ n }},
                    0
                )
                / ({{ n }} - 1)
                / {{ n }}
    end
{%- endmacro %}

{#-
    The squared standard error of a mean, from how many values there are, their sum and the sum of their squares: the
    sample variance (divided by n - 1) over n. Null for fewer than two values, from which nothing is known. Equal values
    may leave a trace below 0 in floating point, hence the `greatest`.
-#}
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

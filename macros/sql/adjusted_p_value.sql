{#-
    Both step through the p-values of a family of tests in order, so that a model first ranks them: `p_rank` from the
    lowest p-value, 1, and `tests`, their number. Equal p-values get the same result, in whatever order they are ranked.
-#}
{% macro holm_p_value(p_value, family) -%}
    least(
        max({{ p_value }} * (tests - p_rank + 1)) over (
            partition by {{ family | join(', ') }}
            order by p_rank
            rows between unbounded preceding and current row
        ),
        1
    )
{%- endmacro %}


{% macro benjamini_hochberg_p_value(p_value, family) -%}
    least(
        min({{ p_value }} * tests / p_rank) over (
            partition by {{ family | join(', ') }}
            order by p_rank desc
            rows between unbounded preceding and current row
        ),
        1
    )
{%- endmacro %}

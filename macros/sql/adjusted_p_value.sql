{#-
    Both step through the p-values of a family of tests in order, so that a model first ranks them: `p_rank` from the
    lowest p-value, 1, and `tests`, their number. Equal p-values get the same result, in whatever order they are ranked.
    NULL is not a test: it must be ranked last and not be counted, and stays NULL.
-#}
{% macro holm_p_value(p_value, family, p_rank='p_rank', tests='tests') -%}
    case
        when {{ p_value }} is not null
            then
                least(
                    max(cast({{ p_value }} as double precision) * ({{ tests }} - {{ p_rank }} + 1))
                    over (
                        {{ 'partition by ' ~ family | join(', ') if family }}
                        order by {{ p_rank }}
                        rows between unbounded preceding and current row
                    ),
                    1
                )
    end
{%- endmacro %}


{% macro benjamini_hochberg_p_value(p_value, family, p_rank='p_rank', tests='tests') -%}
    case
        when {{ p_value }} is not null
            then
                least(
                    min(cast({{ p_value }} as double precision) * {{ tests }} / {{ p_rank }})
                    over (
                        {{ 'partition by ' ~ family | join(', ') if family }}
                        order by {{ p_rank }} desc
                        rows between unbounded preceding and current row
                    ),
                    1
                )
    end
{%- endmacro %}

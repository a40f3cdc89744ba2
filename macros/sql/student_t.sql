{#- Hill (1970), Algorithm 395: a normal score as improbable as t. Errors below 1e-5 from five degrees of freedom on. -#}
{% macro normal_score_of_t(t, degrees_of_freedom) -%}
    {%- set a = '(' ~ degrees_of_freedom ~ ' - 0.5)' -%}
    {%- set b = '(48 * ' ~ a ~ ' * ' ~ a ~ ')' -%}
    {%- set y = '(' ~ a ~ ' * ln(1 + ' ~ t ~ ' * ' ~ t ~ ' / ' ~ degrees_of_freedom ~ '))' -%}
    (
        (((-0.4 * {{ y }} - 3.3) * {{ y }} - 24) * {{ y }} - 85.5) / (0.8 * {{ y }} * {{ y }} + 100 + {{ b }})
        + {{ y }} + 3
    ) / {{ b }} * sqrt({{ y }}) + sqrt({{ y }})
{%- endmacro %}


{% macro normal_quantile_95() -%}
    cast('1.959963984540054' as double precision)
{%- endmacro %}


{#-
    The lower branch of Algorithm AS 241 (Wichura 1988), with an error below 1e-6: `r` is the square root of minus the
    logarithm of one tail.
-#}
{% macro normal_quantile(level) -%}
    {%- set r = '(sqrt(-ln(cast(' ~ level ~ " as double precision) / 2)) - 1.6)" -%}
    (((0.17023821103 * {{ r }} + 1.3067284816) * {{ r }} + 2.75681539) * {{ r }} + 1.4234372777)
    / ((0.12021132975 * {{ r }} + 0.737001642) * {{ r }} + 1)
{%- endmacro %}


{#- The expansion of Cornish and Fisher (Abramowitz and Stegun, 26.7.5): at 5 % and 5 degrees of freedom 0.1 % too low. -#}
{% macro student_t_quantile(z, degrees_of_freedom) -%}
    {{ z }}
    + (power({{ z }}, 3) + {{ z }}) / (4 * {{ degrees_of_freedom }})
    + (5 * power({{ z }}, 5) + 16 * power({{ z }}, 3) + 3 * {{ z }}) / (96 * power({{ degrees_of_freedom }}, 2))
    + (3 * power({{ z }}, 7) + 19 * power({{ z }}, 5) + 17 * power({{ z }}, 3) - 15 * {{ z }})
    / (384 * power({{ degrees_of_freedom }}, 3))
    + (
        79 * power({{ z }}, 9) + 776 * power({{ z }}, 7) + 1482 * power({{ z }}, 5)
        - 1920 * power({{ z }}, 3) - 945 * {{ z }}
    ) / (92160 * power({{ degrees_of_freedom }}, 4))
{%- endmacro %}

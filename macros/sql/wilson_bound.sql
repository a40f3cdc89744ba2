{#- Wilson (1927), for a confidence of 95 %. `sign` is '-' for the lower bound and '+' for the upper one. -#}
{% macro wilson_bound(part, whole, sign) -%}
    {%- set z = adventure_works.normal_quantile_95() -%}
    {%- set p = 'cast(' ~ part ~ ' as double precision) / nullif(' ~ whole ~ ', 0)' -%}
    greatest(0, least(1,
        (
            {{ p }} + {{ z }} * {{ z }} / (2 * {{ whole }})
            {{ sign }} {{ z }} * sqrt({{ p }} * (1 - {{ p }}) / {{ whole }} + {{ z }} * {{ z }} / (4 * power({{ whole }}, 2)))
        )
        / (1 + {{ z }} * {{ z }} / {{ whole }})
    ))
{%- endmacro %}

{#- (1 + own growth) / (1 + growth of all) - 1 as one quotient, so that nothing is rounded before it is divided. -#}
{% macro relative_to_all(now, before, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ adventure_works.relative_change(
        'cast(' ~ prefix ~ now ~ ' as double precision) * ' ~ prefix ~ 'all_' ~ before,
        'cast(' ~ prefix ~ before ~ ' as double precision) * ' ~ prefix ~ 'all_' ~ now
    ) }}
{%- endmacro %}

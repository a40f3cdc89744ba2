{% macro mean_of(column, kind) -%}
    {%- if kind == 'numbers' -%}
        avg(cast({{ column }} as double precision))
    {%- elif kind in ('dates', 'birth_dates') -%}
        avg(cast({{ dbt.datediff("cast('2000-01-01' as date)", column, 'day') }} as double precision))
    {%- else -%}
        cast({{ adventure_works.null_of('1') }} as double precision)
    {%- endif -%}
{%- endmacro %}

{% macro period_prefixes() -%}
    {{ return({'all': '', 'current_range': 'current_range_', 'last_12': 'last_12_'}) }}
{%- endmacro %}


{% macro period_columns(measures, template) -%}
    {%- set columns = [] -%}
    {%- for period, prefix in period_prefixes().items() -%}
        {%- for measure in measures -%}
            {%- set in_period = 'case when order_date >= ' ~ period ~ '_from then ' ~ measure ~ ' end' -%}
            {%- do columns.append(
                template
                | replace('[column]', prefix ~ measure)
                | replace('[lines]', measure if period == 'all' else in_period)
                | replace('[type]', 'bigint' if measure == 'units' else 'numeric(18, 4)')
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns | join(', ')) }}
{%- endmacro %}

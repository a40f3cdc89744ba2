{#- Levels of `int_like_for_like`, with the suffix of their columns: by product, the headline, has none. -#}
{% macro like_for_like_levels() -%}
    {{ return({'product': '', 'model': '_by_model', 'subcategory': '_by_subcategory'}) }}
{%- endmacro %}


{% macro like_for_like_sums() -%}
    {%- for product_level, suffix in adventure_works.like_for_like_levels().items() -%}
        {%- for measure in ['revenue', 'last_year_revenue'] -%}
        sum(case when product_level = '{{ product_level }}' then {{ measure }} end)
            as like_for_like_{{ measure }}{{ suffix }}
            {{- ',\n        ' if not loop.last }}
        {%- endfor -%}
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- NULL where a year before is not on record; 0 of the revenue is comparable where none of the items was on sale. -#}
{% macro like_for_like_ratios(sums, revenue, has_last_year, is_enough='true') -%}
    {%- for suffix in adventure_works.like_for_like_levels().values() -%}
        case
            when {{ is_enough }}
                then {{ adventure_works.relative_change(
                    sums ~ '.like_for_like_revenue' ~ suffix, sums ~ '.like_for_like_last_year_revenue' ~ suffix
                ) }}
        end as like_for_like_change{{ suffix }},
        {{ adventure_works.share_of(
            'case when ' ~ has_last_year ~ ' then coalesce(' ~ sums ~ '.like_for_like_revenue' ~ suffix ~ ', 0) end',
            revenue
        ) }} as like_for_like_coverage{{ suffix }}
        {{- ',\n        ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro like_for_like_columns() -%}
    {%- set columns = ['like_for_like_revenue', 'like_for_like_last_year_revenue'] -%}
    {%- for suffix in adventure_works.like_for_like_levels().values() -%}
        {%- do columns.extend(['like_for_like_change' ~ suffix, 'like_for_like_coverage' ~ suffix]) -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{#- A month is in the periods whose span a year earlier has last year's month; the last 12 can begin within a month. -#}
{% macro is_compared_in_span(items, year_before) -%}
    {{ dbt.dateadd('month', -12, items ~ '.month_start_date') }}
    between date_trunc('month', {{ year_before }}.first_date) and {{ year_before }}.last_date
    and ({{ items }}.is_last_12 or {{ year_before }}.period <> 'last-12-months')
{%- endmacro %}

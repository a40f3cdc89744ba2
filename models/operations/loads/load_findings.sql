with

found as (
    {% for subject in ('orders', 'days', 'facts', 'members') %}
    select *
    from {{ ref('int_findings__' ~ subject) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (

    select
        finding,
        stops_the_build,
        {%- for column in finding_columns() %}
        {{ column }},
        {%- endfor %}
        {{ safe_divide('records', 'of_records') }} as record_share
    from found

)

select * from final

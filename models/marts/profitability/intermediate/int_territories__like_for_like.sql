{% set sums = ['like_for_like_revenue', 'like_for_like_last_year_revenue'] %}

with

items as (

    select
        territory_key,
        {{ like_for_like_sums() }}
    from {{ ref('int_like_for_like') }}
    where is_last_12
    group by territory_key

),

totalled as (

    select
        {% for suffix in like_for_like_levels().values() -%}
        {% for sum_name in sums -%}
        sum({{ sum_name }}{{ suffix }}) over () as all_{{ sum_name }}{{ suffix }},
        {% endfor -%}
        {% endfor -%}
        items.*
    from items

),

marked as (

    select
        territories.*,
        territories.previous_12_orders < {{ threshold('territory_small_base') }} as is_small_base
    from {{ ref('int_territories__sales_periods') }} as territories

),

compared as (

    select
        marked.*,
        cast(totalled.like_for_like_revenue as numeric(18, 4)) as like_for_like_revenue,
        cast(totalled.like_for_like_last_year_revenue as numeric(18, 4)) as like_for_like_last_year_revenue,
        {% for suffix in like_for_like_levels().values() -%}
        case
            when not marked.is_small_base
                then {{ relative_to_all(sums[0] ~ suffix, sums[1] ~ suffix, 'totalled') }}
        end as relative_like_for_like_change{{ suffix }},
        {% endfor -%}
        {{ like_for_like_ratios(
            'totalled', 'marked.last_12_revenue', 'marked.has_previous_12', 'not marked.is_small_base'
        ) }}
    from marked
    left join totalled
        on
            marked.territory_key = totalled.territory_key
            and marked.has_previous_12

)

select * from compared

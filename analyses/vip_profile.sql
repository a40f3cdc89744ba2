{% set attributes = ['country', 'income_bracket', 'age_group', 'occupation'] %}

with

buyers as (

    select *
    from {{ ref('mart_customer_value') }}
    where
        orders > 0
        and customer_key <> -1

),

by_attribute as (
    {% for attribute in attributes %}
    select
        cast('{{ attribute }}' as varchar(64)) as attribute_name,
        {{ attribute }} as attribute_value,
        count(*) as buyers,
        sum(case when is_vip then 1 else 0 end) as vips,
        sum(case when is_vip then expected_180_day_profit end) as expected_180_day_profit_of_vips
    from buyers
    group by {{ attribute }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shares as (

    select
        attribute_name,
        attribute_value,
        buyers,
        vips,
        expected_180_day_profit_of_vips,
        cast({{ safe_divide('vips', 'buyers') }} as numeric(18, 4)) as vip_share,
        cast(
            {{ safe_divide(
                'vips * sum(buyers) over (partition by attribute_name)',
                'buyers * sum(vips) over (partition by attribute_name)'
            ) }} as numeric(18, 2)
        ) as vip_share_to_average,
        row_number() over (partition by attribute_name order by vips desc, attribute_value asc) as place
    from by_attribute

)

select
    attribute_name,
    attribute_value,
    buyers,
    vips,
    vip_share,
    vip_share_to_average,
    cast(expected_180_day_profit_of_vips as numeric(18, 2)) as expected_180_day_profit_of_vips
from shares
where place <= 5
order by
    attribute_name asc,
    vips desc,
    attribute_value asc

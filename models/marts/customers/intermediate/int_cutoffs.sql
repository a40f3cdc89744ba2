with

days as (
    {% for number in cutoff_numbers() %}
    select
        cast({{ number }} as integer) as cutoff_number,
        cast(as_of_date - {{ 90 * number }} as date) as cutoff_date
    from {{ ref('int_as_of_date') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Of the launches only those before the cut-off day were known on it.
final as (

    select
        days.cutoff_number,
        days.cutoff_date,
        max(categories.first_sale_date) as current_range_date
    from days
    inner join {{ ref('int_product_groups__on_sale') }} as categories
        on days.cutoff_date >= categories.first_sale_date
    where categories.product_level = 'category'
    group by
        days.cutoff_number,
        days.cutoff_date

)

select * from final

with

-- Includes the Unknown member; it has no birth date, so its age group is Unknown.
customers as (

    select
        history.*,
        {{ completed_years('persons.birth_date', 'reporting.as_of_date') }} as age
    from {{ ref('dim_customers_history') }} as history
    inner join {{ ref('dim_customer_persons') }} as persons
        on
            history.customer_key = persons.customer_key
            and persons.is_current
    cross join {{ ref('int_as_of_date') }} as reporting
    where history.is_current

),

final as (

    select
        {% for column in versioned_columns('customers') if column not in person_columns() -%}
        customers.{{ column }},
        {% endfor -%}
        customers.age,
        coalesce(age_groups.age_group, 'Unknown') as age_group,
        coalesce(age_groups.age_group_order, 99) as age_group_order,
        customers.income_bracket,
        customers.income_bracket_order,
        customers.is_deleted
    from customers
    left join {{ ref('age_groups') }} as age_groups
        on
            customers.age >= age_groups.lower_age
            and customers.age < age_groups.upper_age

)

select * from final

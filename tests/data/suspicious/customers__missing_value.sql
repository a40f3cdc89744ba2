-- Values that customers lack, by column: kept as Unknown or NULL, but an export may have lost them.
-- Who has none at all is forgotten.
{%- set columns = [
    'first_name', 'last_name', 'birth_date', 'marital_status', 'gender', 'email_address', 'annual_income',
    'total_children', 'education_level', 'occupation', 'home_owner',
] %}
with

customers as (

    select *
    from {{ source('adventure_works', 'customers') }}
    where
        {{ columns | join(' is not null\n        or ') }} is not null

),

missing_values as (
    {% for column in columns %}
    select
        cast('{{ column }}' as varchar(64)) as column_name,
        source_file,
        count(*) as customers
    from customers
    where {{ column }} is null
    group by source_file
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from missing_values

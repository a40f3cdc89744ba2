{#- What a file of products or customers says as a whole. -#}
{%- set codes = {
    'gender': "gender = 'Unknown'",
    'marital_status': "marital_status = 'Unknown'",
    'home_owner': 'is_home_owner is null',
    'education_level': "education_level = 'Unknown'",
    'occupation': "occupation = 'Unknown'",
} -%}
{%- set one_value = {
    'customers': [
        'first_name', 'last_name', 'email_address', 'birth_date', 'annual_income', 'gender', 'marital_status',
        'education_level', 'occupation', 'total_children',
    ],
    'products': [
        'product_subcategory_key', 'product_sku', 'product_name', 'model_name', 'product_color', 'product_size',
        'product_style', 'product_price', 'product_cost',
    ],
} -%}
{%- set names = {
    'customers': ['first_name', 'last_name', 'email_address', 'education_level', 'occupation'],
    'products': ['product_name', 'model_name', 'product_description', 'product_color'],
    'product_categories': ['category_name'],
    'product_subcategories': ['subcategory_name'],
    'territories': ['region', 'country', 'continent'],
} -%}
{%- set money = {
    'customers': {'annual_income': ('guard_lowest_income', 'guard_highest_income')},
    'products': {'product_price': ('guard_lowest_price', 'guard_highest_price')},
} -%}

with

birth_dates as (

    select
        birth_date,
        count(*) as customers
    from {{ ref('stg_adventure_works__customers') }}
    group by birth_date

),

most_frequent_birth_date as (

    select max(customers) as customers
    from birth_dates
    where birth_date is not null

),

email_addresses as (

    select count(distinct email_address) as email_addresses
    from {{ ref('stg_adventure_works__customers') }}

),

{% for table_name, texts in names.items() -%}
{{ table_name }} as (

    select
        max(source_file) as source_file,
        {%- for column in texts %}
        sum(case when {{ column }} like '%�%' then 1 else 0 end) as damaged_{{ column }},
        {%- endfor %}
        {%- for column in one_value.get(table_name, []) %}
        count(distinct {{ column }}) as values_of_{{ column }},
        {%- endfor %}
        {%- for column in money.get(table_name, {}) %}
        avg({{ column }}) as mean_{{ column }},
        {%- endfor %}
        {%- if table_name == 'customers' %}
        {%- for column, condition in codes.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as unknown_{{ column }},
        {%- endfor %}
        count(email_address) as with_email_address,
        sum(case when email_address not like '%_@_%._%' then 1 else 0 end) as without_shape,
        {%- elif table_name == 'products' %}
        sum(case when product_price = product_cost then 1 else 0 end) as without_profit,
        {%- endif %}
        count(*) as members
    from {{ ref('stg_adventure_works__' ~ table_name) }}

),

{% endfor -%}
found as (
    {%- for table_name, columns in money.items() %}
    {%- for column, (lowest, highest) in columns.items() %}

    {{ finding('magnitude', table_name, 'true', {
        'table_name': "'" ~ table_name ~ "'", 'source_file': 'source_file', 'column_name': "'" ~ column ~ "'",
        'records': 'case when mean_' ~ column ~ ' not between ' ~ threshold(lowest) ~ ' and ' ~ threshold(highest)
            ~ ' then members else 0 end',
        'of_records': 'members', 'amount': 'mean_' ~ column, 'lowest': threshold(lowest), 'highest': threshold(highest),
    }) }}
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for table_name, columns in one_value.items() %}
    {%- for column in columns %}

    {{ finding('one_value', table_name, 'true', {
        'table_name': "'" ~ table_name ~ "'", 'source_file': 'source_file', 'column_name': "'" ~ column ~ "'",
        'records': 'case when values_of_' ~ column ~ ' = 1 and members > ' ~ threshold('guard_one_value')
            ~ ' then members else 0 end',
        'of_records': 'members',
    }) }}
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for table_name, columns in names.items() %}
    {%- for column in columns %}

    {{ finding('damaged_text', table_name, 'false', {
        'table_name': "'" ~ table_name ~ "'", 'source_file': 'source_file', 'column_name': "'" ~ column ~ "'",
        'records': 'damaged_' ~ column, 'of_records': 'members',
    }) }}
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for column in codes %}

    {{ finding('unknown_codes', 'customers', exceeds('unknown_' ~ column, 'members', 'guard_unknown_codes'), {
        'table_name': "'customers'", 'source_file': 'source_file', 'column_name': "'" ~ column ~ "'",
        'records': 'unknown_' ~ column, 'of_records': 'members',
    }) }}
    union all
    {%- endfor %}

    {{ finding('without_profit', 'products', exceeds('without_profit', 'members', 'guard_without_profit'), {
        'table_name': "'products'", 'source_file': 'source_file', 'records': 'without_profit', 'of_records': 'members',
    }) }}
    union all

    {{ finding('email_without_shape', 'customers', 'false', {
        'table_name': "'customers'", 'source_file': 'source_file', 'column_name': "'email_address'",
        'records': 'without_shape', 'of_records': 'members',
    }) }}
    union all

    {{ finding(
        'shared_email', 'customers cross join email_addresses',
        exceeds('with_email_address - email_addresses', 'members', 'guard_shared_emails'), {
        'table_name': "'customers'", 'source_file': 'source_file', 'column_name': "'email_address'",
        'records': 'with_email_address - email_addresses', 'of_records': 'members',
    }) }}
    union all

    {{ finding(
        'births_on_one_day', 'customers cross join most_frequent_birth_date as most_frequent',
        exceeds('most_frequent.customers', 'members', 'guard_births_on_one_day'), {
        'table_name': "'customers'", 'source_file': 'source_file', 'column_name': "'birth_date'",
        'records': 'most_frequent.customers', 'of_records': 'members',
    }) }}

),

-- Fewer unknown codes, and births that fall on one day, are usual.
final as (

    select *
    from found
    where
        records > 0
        and (stops_the_build or finding not in ('unknown_codes', 'births_on_one_day', 'without_profit'))

)

select * from final

{% macro versioned_columns(table_name) -%}
    {{ return({
        'customers': {
            'customer_key': "-1",
            'prefix': "cast(null as varchar(64))",
            'first_name': "'Unknown'",
            'last_name': "'Unknown'",
            'full_name': "'Unknown'",
            'email_address': "cast(null as varchar(256))",
            'birth_date': "cast(null as date)",
            'gender': "'Unknown'",
            'marital_status': "'Unknown'",
            'is_home_owner': "cast(null as boolean)",
            'total_children': "cast(null as integer)",
            'education_level': "'Unknown'",
            'occupation': "'Unknown'",
            'annual_income': "cast(null as numeric(18, 4))",
        },
        'products': {
            'product_key': "-1",
            'product_subcategory_key': "-1",
            'product_sku': "'Unknown'",
            'product_name': "'Unknown'",
            'model_name': "'Unknown'",
            'product_description': "cast(null as varchar(2048))",
            'product_color': "'Unknown'",
            'product_size': "'Unknown'",
            'product_style': "'Unknown'",
            'product_price': "cast(null as numeric(18, 4))",
            'product_cost': "cast(null as numeric(18, 4))",
        },
    }[table_name]) }}
{%- endmacro %}


{% macro person_columns() -%}
    {{ return(['first_name', 'last_name', 'full_name', 'email_address', 'birth_date', 'annual_income']) }}
{%- endmacro %}

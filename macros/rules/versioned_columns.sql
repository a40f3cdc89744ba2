{% macro versioned_columns(table_name) -%}
    {{ return({
        'customers': {
            'customer_key': "-1",
            'prefix': none,
            'first_name': "cast('Unknown' as varchar(256))",
            'last_name': "cast('Unknown' as varchar(256))",
            'full_name': "cast('Unknown' as varchar(513))",
            'email_address': none,
            'birth_date': none,
            'gender': "cast('Unknown' as varchar(64))",
            'marital_status': "cast('Unknown' as varchar(64))",
            'is_home_owner': none,
            'total_children': none,
            'education_level': "cast('Unknown' as varchar(256))",
            'occupation': "cast('Unknown' as varchar(256))",
            'annual_income': none,
        },
        'products': {
            'product_key': "-1",
            'product_subcategory_key': "-1",
            'product_sku': "cast('Unknown' as varchar(256))",
            'product_name': "cast('Unknown' as varchar(256))",
            'model_name': "cast('Unknown' as varchar(256))",
            'product_description': none,
            'product_color': "cast('Unknown' as varchar(64))",
            'product_size': "cast('Unknown' as varchar(64))",
            'product_style': "cast('Unknown' as varchar(64))",
            'product_price': none,
            'product_cost': none,
        },
    }[table_name]) }}
{%- endmacro %}


{% macro person_columns() -%}
    {{ return(['first_name', 'last_name', 'full_name', 'email_address', 'birth_date', 'annual_income']) }}
{%- endmacro %}

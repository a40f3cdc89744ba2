{% macro versioned_columns(table_name) -%}
    {{ return({
        'customers': [
            'customer_key', 'prefix', 'first_name', 'last_name', 'full_name', 'email_address', 'birth_date', 'gender',
            'marital_status', 'is_home_owner', 'total_children', 'education_level', 'occupation', 'annual_income',
        ],
        'products': [
            'product_key', 'product_subcategory_key', 'product_sku', 'product_name', 'model_name', 'product_description',
            'product_color', 'product_size', 'product_style', 'product_price', 'product_cost',
        ],
    }[table_name]) }}
{%- endmacro %}

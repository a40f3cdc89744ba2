{% macro product_levels() -%}
    {{ return({
        'product': ('product_key', 'product_name'),
        'model': ('product_model_key', 'model_name'),
        'subcategory': ('product_subcategory_key', 'subcategory_name'),
        'category': ('product_category_key', 'category_name'),
    }) }}
{%- endmacro %}

{% macro raw_tables() -%}
    {{ return({
        'calendar': {'dates': ['calendar_date']},
        'customers': {
            'dimension': 'dim_customers',
            'numbers': ['annual_income', 'total_children'],
            'birth_dates': ['birth_date'],
            'codes': ['prefix', 'gender', 'marital_status', 'education_level', 'occupation'],
        },
        'product_categories': {
            'dimension': 'dim_product_categories',
            'codes': ['category_name'],
            'by_key': {'product_category_key': ['category_name']},
        },
        'product_subcategories': {
            'dimension': 'dim_product_subcategories',
            'codes': ['subcategory_name', 'product_category_key'],
            'by_key': {'product_subcategory_key': ['subcategory_name', 'product_category_key']},
        },
        'products': {
            'dimension': 'dim_products',
            'numbers': ['product_price', 'product_cost'],
            'codes': ['product_color', 'product_subcategory_key'],
        },
        'returns': {'numbers': ['return_quantity'], 'dates': ['return_date'], 'codes': ['territory_key']},
        'sales': {'numbers': ['order_quantity'], 'dates': ['order_date', 'stock_date'], 'codes': ['territory_key']},
        'territories': {
            'dimension': 'dim_territories',
            'codes': ['region', 'country'],
            'by_key': {'territory_key': ['region', 'country']},
        },
    }) }}
{%- endmacro %}


{% macro profiled_columns() -%}
    {%- set columns = [] -%}
    {%- for table_name, table in raw_tables().items() -%}
        {%- for kind in ('numbers', 'dates', 'birth_dates', 'codes') -%}
            {%- for column in table.get(kind, []) -%}
                {%- do columns.append((table_name, column, kind)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- for key, by_key in table.get('by_key', {}).items() -%}
            {%- for column in by_key -%}
                {%- do columns.append((table_name, key ~ ': ' ~ column, 'by_key')) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}


{% macro profiled_value(column, kind) -%}
    {%- if kind == 'codes' -%}
        coalesce(cast({{ column }} as varchar(256)), '(empty)')
    {%- elif kind == 'by_key' -%}
        {%- set key, of_key = column.split(': ') -%}
        cast({{ key }} as varchar(32)) || ': ' || coalesce(cast({{ of_key }} as varchar(220)), '(empty)')
    {%- else -%}
        cast('(all)' as varchar(256))
    {%- endif -%}
{%- endmacro %}

{{ version_history('snap_products', [
    'product_key', 'product_subcategory_key', 'product_sku', 'product_name', 'model_name', 'product_description',
    'product_color', 'product_size', 'product_style', 'product_price', 'product_cost',
]) }}

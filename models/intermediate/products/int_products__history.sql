{{ version_history('snap_products', versioned_columns('products')) }}

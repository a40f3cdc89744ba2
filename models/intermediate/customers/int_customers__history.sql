{{ version_history('snap_customers', versioned_columns('customers')) }}

"""Building a warehouse with dbt: running it, the outcome of each node and test, and the headline figures."""

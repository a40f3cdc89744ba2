"""Building a warehouse with dbt: running it, what became of each node and test, and the headline figures."""

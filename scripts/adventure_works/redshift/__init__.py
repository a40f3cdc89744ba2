"""Redshift in production: what it is told about itself, the Data API, the raw schema and what a load brings into it."""

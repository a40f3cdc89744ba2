"""Redshift in production: its settings, a session on it, the raw schema and what a load brings into it."""

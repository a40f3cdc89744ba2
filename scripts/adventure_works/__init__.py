"""Loads the Adventure Works retail files and runs the dbt project over them."""

"""Where the CSV files come from."""

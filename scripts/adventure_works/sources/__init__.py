"""Where the CSV files come from: the generated sample, Kaggle, or files of the user."""

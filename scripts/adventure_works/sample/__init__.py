"""Generates invented retail files of the same shape as the Kaggle set."""

"""Generates invented retail files of the same shape as the Kaggle set.

generator        writes the ten files
catalogue        categories and products, from products.csv
people           customers
sales            calendar, orders, order lines and returns
random_streams   reproducible random numbers
files            CSV text, and a folder that is written in full or not at all
"""

from adventure_works.sample.generator import generate

__all__ = ["generate"]

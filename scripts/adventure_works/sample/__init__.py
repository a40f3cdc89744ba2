"""Generates invented retail files of the same shape as the Kaggle set, and damages them for tests.

generator   writes the ten files
catalogue   categories and products
people      customers
sales       calendar, orders, order lines and returns
chance      reproducible random numbers
files       CSV text, and folders that are written whole or not at all
damages     the catalogue of damage
"""

from adventure_works.sample.damages import DAMAGE, Damage, damage
from adventure_works.sample.generator import generate

__all__ = ["DAMAGE", "Damage", "damage", "generate"]

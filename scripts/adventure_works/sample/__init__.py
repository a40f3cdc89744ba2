"""Generates invented retail files of the same shape as the Kaggle set, and damages them for tests.

generator   writes the ten files
catalogue   categories and products
people      customers
sales       calendar, orders, order lines and returns
chance      reproducible random numbers
files       CSV text, and folders that are written whole or not at all
damaging    the catalogue of damage, and tools to do it with
damages     damage to the form of the files
mistakes    files of the right form that say something wrong
"""

from adventure_works.sample import damages, mistakes
from adventure_works.sample.damaging import DAMAGE, Damage, damage
from adventure_works.sample.generator import generate

__all__ = ["DAMAGE", "Damage", "damage", "damages", "generate", "mistakes"]

"""Imports what the commands need, for the process that support.warm forks. No import may start a thread."""

import gc
import importlib
import pkgutil

import pytest  # noqa: F401

import adventure_works

for module in pkgutil.walk_packages(adventure_works.__path__, "adventure_works."):
    importlib.import_module(module.name)
# A page of memory that nothing writes to is shared by every fork.
gc.freeze()

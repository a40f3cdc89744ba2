"""What developers of the project need, and its users do not: linters, and what writes the documents."""

from typing import Any

Manifest = dict[str, Any]
"""The content of dbt's manifest.json (schema v12)."""

Node = dict[str, Any]
"""A model, test, metric or the like in it."""

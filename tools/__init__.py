"""What developers of the project need, and its users do not: linters, and what writes the documents."""

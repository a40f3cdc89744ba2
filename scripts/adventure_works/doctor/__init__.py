"""Looks at everything that a run needs, one thing at a time, and says how to correct what is wrong."""

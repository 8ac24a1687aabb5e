"""Trials whose training is a person's own generator function. `__init__` imports nothing."""

"""Trains a trial again from its record, and compares. `__init__` imports nothing."""

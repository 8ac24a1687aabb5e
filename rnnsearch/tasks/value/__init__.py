"""The value task: one number for a sequence of any length. `__init__` imports nothing."""

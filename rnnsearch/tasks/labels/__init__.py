"""The labels task: a sequence of any length to its class. `__init__` imports nothing."""

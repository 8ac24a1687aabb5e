"""The tags task: one label for each step of a sequence. `__init__` imports nothing."""

"""The labels task: the class of a sequence of any length. `__init__` imports nothing."""

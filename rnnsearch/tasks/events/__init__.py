"""The events task: which of many things happen at each step. `__init__` imports nothing."""

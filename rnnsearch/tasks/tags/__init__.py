"""The tags task: one label for each time step of a sequence. `__init__` imports nothing."""

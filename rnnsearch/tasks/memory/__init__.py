"""Two tests of a network's memory, adding and copying. `__init__` imports nothing."""

"""The events task: which of many events happen at each time step. `__init__` imports nothing."""

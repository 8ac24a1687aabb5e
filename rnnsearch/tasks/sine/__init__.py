"""The sine task: predict the next point of a wave. `__init__` imports nothing."""

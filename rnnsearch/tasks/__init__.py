"""Tasks: what a network learns, with its data, splits, loss, metrics and baselines.

This package's `__init__` imports nothing, so that the configs and the data of a task are used
without importing torch.
"""

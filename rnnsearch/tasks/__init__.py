"""What is learned: data, splits, loss, metrics, baselines.

This package's `__init__` imports nothing: the configs and data of a task cost no torch.
"""

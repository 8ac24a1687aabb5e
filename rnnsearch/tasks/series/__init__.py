"""The series task: forecast columns of a table of measurements. `__init__` imports nothing."""

"""The arrays task: inputs and targets that a person has as arrays. `__init__` imports nothing."""

"""The text task: characters to next characters. `__init__` imports nothing."""

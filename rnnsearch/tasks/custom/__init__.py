"""Custom tasks: those that people write in packages of their own. `__init__` imports nothing."""

"""Tasks that users write in their own packages. `__init__` imports nothing."""

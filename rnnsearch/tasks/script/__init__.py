"""A training script: a person's own loop, searched as any task. `__init__` imports nothing."""

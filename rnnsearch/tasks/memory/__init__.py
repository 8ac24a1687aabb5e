"""Made sequences that ask for memory: adding and copying. `__init__` imports nothing."""

"""The command line: parse, call, print. `__init__` imports nothing."""

"""Recurrent layers for many trials at once. `__init__` imports nothing.

`base` says what a kernel promises, `choice` picks one by shape. All of them give the same curves
to the limits that `tests/contracts/kernels.py` states.
"""

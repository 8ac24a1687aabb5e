"""Made signals, each next point from a window of points. `__init__` imports nothing."""

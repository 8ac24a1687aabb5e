"""How far files may lie apart from their model. Imports nothing, so that a command starts soon."""

TOLERANCE = 1e-5
"""The largest difference that is held, in units of what is usual for an answer, where a person says
nothing else."""

"""Packs: many trials trained at once on one device, whatever runs them.

A `pack` gives trials slots (`boarding`, `aboard`) in stacks of their kind. A `stack` has a row a
trial in each tensor (`rows`), takes steps (`stepping`) and evaluates its networks at the ends of
their epochs (`evaluation`, `epochs`). What networks compute stands in `forward` and `gradients`,
one recurrent layer in `kernels`.

This package's `__init__` imports nothing: `rnnsearch.training.config` costs no torch.
"""

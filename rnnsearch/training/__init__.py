"""Packs: many trials trained at once on one device, whatever runs them.

A `pack` gives trials slots in stacks of their kind (`aboard`, `placement`). A `stack` has a row a
trial in each tensor (`rows`), takes training steps (`stepping`) and evaluates its networks at the
ends of their epochs (`evaluation`, `epochs`). What networks compute stands in `forward`, their
losses and gradients in `gradients`, and one recurrent layer in `kernels`. `optimizers` clips the
gradients and updates the weights by them.

This package's `__init__` imports nothing: `rnnsearch.training.config` costs no torch.
"""

"""Packs: many trials trained at once on one device, whatever runs them.

This package's `__init__` imports nothing: `rnnsearch.training.config` costs no torch.
"""

"""Recurrent cells and networks; one small file a cell.

This package's `__init__` imports nothing, so that `rnnsearch.models.config` costs no torch.
"""

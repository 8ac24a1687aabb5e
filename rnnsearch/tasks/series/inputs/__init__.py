"""Inputs of a table beside its columns of numbers: calendar, categories, statics, spacing.

`learned` puts them together, `learning` fits them on the training part of a table.
"""

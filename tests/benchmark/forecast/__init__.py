"""Searches for a forecaster of real data, each with the seconds until it had one that is good.

`plain`, `by_*` and `judge` run in an environment of the rivals and import nothing of rnnsearch;
`problems` and `shared` are read by both.
"""

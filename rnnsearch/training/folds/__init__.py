"""Trials that are a network for each fold of their data, and one for all. Imports nothing."""

"""Modules that people bring, computed for all trials of a stack at once."""

"""Samplers, which propose configurations: one file each, with its keys of the space file."""

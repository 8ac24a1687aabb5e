"""Rules that stop weak trials: one file each, with its keys of the space file."""

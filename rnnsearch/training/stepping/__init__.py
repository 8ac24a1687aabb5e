"""Optimizer steps of trials that share a stack: what they read, and the ways of taking them."""

"""Training steps of the trials of a stack: what they read, and the ways of taking them."""

"""When weak trials stop: one file a rule, which brings its own keys of the space file."""

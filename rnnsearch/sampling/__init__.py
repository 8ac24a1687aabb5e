"""What proposes configurations: one file a sampler, with its own keys of the space file."""

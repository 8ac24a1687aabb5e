"""What a person may try next, read from the trials of a study: a file an observation."""

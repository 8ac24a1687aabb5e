"""Whether a machine or a cluster is fit for studies: what is looked at, and what is said of it."""

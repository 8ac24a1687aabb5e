"""A study's folder in an object store: what is there, how it gets there, and how it is fetched."""

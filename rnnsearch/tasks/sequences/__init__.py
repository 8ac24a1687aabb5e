"""What the tasks of whole sequences share: how these are read, encoded, split, drawn into batches
and given to a trained model. `__init__` imports nothing."""

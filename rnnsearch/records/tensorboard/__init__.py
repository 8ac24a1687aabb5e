"""Event files for TensorBoard: the one room that imports it."""

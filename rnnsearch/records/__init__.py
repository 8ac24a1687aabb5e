"""The records of a study that people browse: an outbox on disk, and a process that empties it.

The driver appends every event to the outbox (`outbox`, `recorder`); the writer process (`writer`
and the other modules) moves the events into MLflow. What it asks of MLflow it asks of a
`run_store.RunStore`; only the package `mlflow` imports MLflow itself.
"""

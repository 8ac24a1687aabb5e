"""Records that people browse: an outbox on disk, and a process that moves it into MLflow.

`outbox` and `recorder` run in the driver, the others in the writer process. What they ask of MLflow
they ask of a `run_store.RunStore`; only the room `mlflow` below imports it.
"""

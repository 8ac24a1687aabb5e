"""Records that people browse: an outbox on disk, and a process that moves it into MLflow.

Only the writer's side (`writer`, `tracker`, `champion`, `database`, the pyfunc files) imports
mlflow; `outbox` and `recorder` run in the driver and never do.
"""

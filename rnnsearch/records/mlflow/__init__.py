"""What is MLflow's own: the one room that imports it.

The pyfunc files are copied into each registered model, and run there.
"""

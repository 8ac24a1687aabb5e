"""All that knows MLflow: no other package of rnnsearch imports it.

The file `pyfunc.py` is copied into each registered model, and run there.
"""

-- compose.yaml: the database of the studies' ledgers, beside MLflow's, as PostgreSQL is first started.
CREATE DATABASE ledgers OWNER mlflow;

"""The search: Optuna's study is the ledger, Ray Tune places the packs that train."""

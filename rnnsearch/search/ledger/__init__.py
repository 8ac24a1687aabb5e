"""The study's truth: the Optuna study, its rows, its rules, and the sampler that proposes."""

"""Space files to a `StudySpec`, params to a `TrialConfig`. `__init__` imports nothing."""

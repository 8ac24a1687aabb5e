"""The table of recurrent trainings, and what is replayed on it."""

"""Studies of several goals: their values, the front, finalists and the champion of a front."""

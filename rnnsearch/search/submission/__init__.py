"""Studies as jobs of a Ray cluster that this machine is not part of."""

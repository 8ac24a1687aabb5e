"""The report of a study that runs, served to a browser on this machine, redrawing itself."""

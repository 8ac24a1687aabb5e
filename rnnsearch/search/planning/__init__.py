"""What a study will take, before it runs: trials at rungs, memory, kernels, time."""

"""Living inside Ray Tune: the searcher, the scheduler, the pack's worker, and the cluster below."""

"""The pictures of a trained model as charts: one file a kind of `rnnsearch.figures`."""

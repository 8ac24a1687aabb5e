"""The guide: its pages, its examples, and what writes the pages that are made from the code."""

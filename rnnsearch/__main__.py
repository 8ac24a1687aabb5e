"""`python -m rnnsearch` is the command line."""

from rnnsearch.cli.app import command

command()

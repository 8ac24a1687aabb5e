"""The version, for whoever lies below the public names."""

__version__ = "0.1.0"

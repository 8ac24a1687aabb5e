"""Puts this folder on the import path, so that the folders below find its small studies."""

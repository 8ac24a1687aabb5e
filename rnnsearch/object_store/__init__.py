"""Folders in an object store: files that are whole or not there, with no folder to mount."""

"""Files of data: tables, texts and arrays, how they are written, and what is wrong with them.

Nothing here knows a task. A reader says what it wants of a file; what cannot be read is explained
with its place in the file and a way out.
"""

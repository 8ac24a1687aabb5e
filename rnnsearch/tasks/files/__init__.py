"""Readers of data files: tables, texts and arrays, the forms of their cells, and their errors.

Other rooms use four modules: `table` reads columns of numbers with their times and ids; `texts`
reads a whole text or columns of texts; `arrays` reads what MATLAB and numpy save; `survey` looks at
every column of a table, before anyone has chosen some. Below them, `forms` finds how cells are
written (with the package `written`), `blocks` and `header` cut a CSV or Parquet file into columns,
`columns` knows Arrow's types, and `opened`, `encoding` and `foreign` turn what is wrong with a file
into error messages.

Nothing here knows a task. The caller says which columns it needs; what cannot be read is refused
with its place in the file and a remedy.
"""

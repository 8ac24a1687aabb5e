"""Files of data: tables, texts and arrays, how they are written, and what is wrong with them.

Three ways in: `table` reads columns of numbers with their times and ids, `texts` a text or columns
of texts, `arrays` what MATLAB and numpy save; `survey` looks at a table before anyone says what is
wanted of it. Below them, `forms` finds how cells are written (`written`), `blocks` and `header`
cut a CSV or Parquet file into columns, `columns` knows Arrow's types, and `opened`, `encoding` and
`foreign` turn what is wrong with a file into words.

Nothing here knows a task. A reader says what it wants of a file; what cannot be read is explained
with its place in the file and a way out.
"""

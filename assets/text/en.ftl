# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Opening files
files-reachable = Files on this machine can be read.
fact-files = { $count ->
    [one] 1 file
   *[other] { $count } files
  }
fact-sheet = sheet { $sheet }
hint-file-missing = Check the path, or list the folder with: mekiki sources FOLDER
hint-file-near = In the same folder there is: { $names }
error-file-binary = { $path } is in no format known here.
hint-file-formats = Tables are read from Parquet, CSV and other delimited text, JSON, JSON Lines, Arrow/Feather and Excel (xlsx, xls, ods) files, also compressed with gzip or zstd.
error-file-other = { $path } is a { $kind } file, not a table.
error-file-pickle = { $path } is a Python pickle. A pickle is a program, and reading it would run it.
hint-file-pickle = If you trust it, turn it into Parquet: python -c "import pandas as pd; pd.read_pickle('in.pkl').to_parquet('out.parquet')"
error-file-sqlite = { $path } is an SQLite database.
hint-file-sqlite = Export a table: sqlite3 -header -csv FILE "select * from TABLE" | mekiki -
error-file-duckdb = { $path } is a DuckDB database.
hint-file-duckdb = Export a table: duckdb FILE -c "copy TABLE to 'out.parquet'"
error-file-archive = { $path } is a zip archive.
hint-file-archive = Unpack it first, then open the file inside.
error-file-encrypted = { $path } is an encrypted Parquet file.
hint-file-encrypted = Write it again without encryption.
error-file-feather1 = { $path } is a Feather file of version 1, which is no longer read.
hint-file-feather1 = Write it again as version 2, for example: pyarrow.feather.write_feather(table, path)
error-format-unknown = There is no format called “{ $name }”.
hint-format-names = Use one of: parquet, csv, tsv, jsonl, json, arrow, xlsx, ods.
notice-format-differs = The name says .{ $extension }, the content is { $format }; it was opened as { $format }.
error-folder-empty = { $path } holds no table.
hint-folder-empty = Hidden files, names that begin with _ and empty files are not counted.
error-glob = “{ $pattern }” is not a valid pattern: a bracket or a brace is not closed.
hint-glob = Use * and ? for parts of a name, ** for any folders, [a-z] for one character, {"{"}a,b{"}"} for a choice.
error-glob-none = No file matches “{ $pattern }”.
hint-glob-none = ** goes into folders below, * does not. Quote the pattern so that the shell leaves it alone.
error-files-differ = { $path } holds different tables: { $one } and { $other } have few columns in common.
hint-files-differ = Open one of them, or choose with a pattern.
notice-files-left-out = { $count ->
    [one] 1 file is not { $format } and was left out.
   *[other] { $count } files are not { $format } and were left out.
  }
notice-files-delta = This is a Delta table read as plain files: rows deleted or replaced since may be among them.
notice-in-file = { $file }: { $notice }
notice-chain-rounded = { $column }: whole numbers above 9,007,199,254,740,992 lost digits, since other files hold fractions there.
error-compressed = { $path } cannot be unpacked: { $cause }
hint-compressed = The file is damaged. Get it again, or check it with gzip -t or zstd -t.
notice-compressed-cut = { $path } ends early; what could be unpacked is shown.
notice-compressed-tail = Something that is not compressed follows the data in { $path } and was left out.
error-stdin-empty = Nothing came from { $path }.
hint-stdin-empty = Check that the command before the pipe writes something.
error-arrow = { $path } is not a valid Arrow file: { $cause }
hint-arrow = The file may be damaged or still being written. Get it again.
notice-file-cut = { $path } ends early; { $rows ->
    [one] 1 row
   *[other] { $rows } rows
  } could be read.
notice-arrow-column = { $column }: some values cannot be decoded and are shown as missing.
error-excel = { $path } cannot be read as a workbook: { $cause }
hint-excel = Open it in a spreadsheet program and save it again as xlsx.
error-excel-password = { $path } is protected with a password.
hint-excel-password = Save a copy without a password and open that.
error-excel-empty = { $path } has no sheet with anything in it.
hint-excel-empty = Check the file in a spreadsheet program.
error-sheet-missing = { $path } has no sheet “{ $sheet }”.
hint-sheet-missing = Its sheets are: { $sheets }
error-sheet-none = { $path } is no workbook and has no sheets.
hint-sheet-none = Leave out the # and what follows.
notice-excel-sheets = { $count ->
    [one] The sheet “{ $sheet }” is shown; there is another: { $others }
   *[other] The sheet “{ $sheet }” is shown; there are { $count } others: { $others }
  }
notice-excel-preamble = { $count ->
    [one] 1 row above the table was left out: “{ $text }”
   *[other] { $count } rows above the table were left out: “{ $text }” …
  }
notice-excel-gaps = { $count ->
    [one] 1 empty row was left out.
   *[other] { $count } empty rows were left out.
  }
notice-excel-errors = { $count ->
    [one] 1 cell holds an error and is shown as missing: { $error } in { $column }, row { $row }.
   *[other] { $count } cells hold errors and are shown as missing; the first: { $error } in { $column }, row { $row }.
  }
notice-excel-mixed = Read as text, since values of different kinds stand in one column: { $names }
error-json = { $path }, line { $line }: not valid JSON ({ $cause }).
hint-json = Correct the line or write the file again; if there is one value a line, name the file .jsonl.
error-json-empty = { $path } is empty.
hint-json-empty = Check that the file was written completely.
notice-json-inner = { $count ->
    [0] The rows are those of “{ $key }”.
    [one] The rows are those of “{ $key }”; 1 field beside it is not shown.
   *[other] The rows are those of “{ $key }”; { $count } fields beside it are not shown.
  }
notice-json-broken = { $count ->
    [one] 1 line is not valid JSON and was left out: line { $line } ({ $cause }).
   *[other] { $count } lines are not valid JSON and were left out; the first is line { $line } ({ $cause }).
  }
notice-json-duplicates = { $count ->
    [one] A key stands twice in line { $line } (“{ $key }”); the last value was kept.
   *[other] Keys stand twice in { $count } records (the first: “{ $key }” in line { $line }); the last values were kept.
  }
notice-json-undecodable = { $count ->
    [one] 1 text is not valid UTF-8; what cannot be read is shown as �.
   *[other] { $count } texts are not valid UTF-8; what cannot be read is shown as �.
  }
notice-json-tail = Something follows the array in line { $line } and was left out.
error-landing-changed = { $path }: { $column } holds values of another kind further down.
hint-landing-changed = Read the whole file first; its columns then fit every row.
error-sample-missing = There is no sample table “{ $name }”.
hint-sample-missing = There are: { $names }
json-why-tail = something follows the value
json-why-deep = nested too deeply
json-why-missing = a value is missing
json-why-value = not a value
json-why-key = a key in quotes is missing
json-why-colon = a colon is missing
json-why-brace = a comma or a closing brace is missing
json-why-bracket = a comma or a closing bracket is missing
json-why-digit = a digit is missing
json-why-zero = a number begins with a zero
json-why-quote = a closing quote is missing
json-why-escape = an unknown escape sequence
json-why-open = the array is not closed

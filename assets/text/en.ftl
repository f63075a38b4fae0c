# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Delimited text
text-encoding = { $name }
text-delimiter-tab = tab-separated
text-delimiter-space = separated by spaces
text-delimiter = separated by "{ $delimiter }"
error-text-empty = { $path } is empty: there is no row and no header in it.
hint-text-empty = Check that the file was written completely, or open another one.
error-text-encoding = "{ $name }" is not an encoding we know.
hint-text-encoding = Use for example utf-8, cp932 (Shift_JIS), euc-jp, utf-16le or windows-1252; without the option the encoding is detected.
error-text-delimiter = "{ $name }" cannot separate fields.
hint-text-delimiter = Use a single ASCII character, for example a comma, a semicolon, a tab or |.
error-text-line-too-long = { $path }: line { $line } is too long to be a row of a table.
hint-text-line-too-long = Check that this is a text file, and whether its lines end where they should.
notice-text-preamble = { $count ->
    [one] The first line stands before the table and was skipped: "{ $line }"
   *[other] The first { $count } lines stand before the table and were skipped: "{ $line }"
  }
notice-text-duplicate-names = Column names that occur more than once got a number: { $names }
notice-text-empty-names = { $count ->
    [one] A column without a name was called { $names }
   *[other] { $count } columns without a name were called { $names }
  }
notice-text-kept = Kept as text, since numbers would lose leading zeros, signs or digits: { $names }
notice-text-encoding-late = The first character outside ASCII is in line { $line }; the file is read as { $encoding }.
notice-text-open-quote = { $count ->
    [one] Line { $line } has a quote that is never closed; its quotes are read as ordinary characters.
   *[other] { $count } lines have a quote that is never closed (the first is line { $line }); their quotes are read as ordinary characters.
  }
notice-text-nuls = { $count ->
    [one] There is one NUL character in the text.
   *[other] There are { $count } NUL characters in the text.
  }
notice-text-undecodable = { $count ->
    [one] One place is not valid { $encoding } and is shown as �.
   *[other] { $count } places are not valid { $encoding } and are shown as �.
  }
notice-text-long = { $count ->
    [one] Line { $line } has { $fields } fields, { $columns } expected; the extra fields are not shown.
   *[other] { $count } lines have too many fields; the extra ones are not shown (line { $line } has { $fields }, { $columns } expected).
  }
notice-text-short = { $count ->
    [one] Line { $line } has { $fields } fields, { $columns } expected; the others are missing.
   *[other] { $count } lines have too few fields; the others are missing (line { $line } has { $fields }, { $columns } expected).
  }
notice-text-misfit = { $column }: line { $line } holds "{ $value }", which is not of the kind { $kind }; it is shown as missing until the whole file has been looked at.
notice-text-retyped = { $column }: line { $line } holds "{ $value }", so the whole column is read as { $kind }.

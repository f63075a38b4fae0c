# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

## Files
error-file = { $path }: { $cause }
error-file-missing = { $path } is not there.
error-file-denied = { $path }: no permission ({ $cause }).
error-disk-full = { $path }: the disk is full.
hint-disk-full = Free some space, or write to another disk. A file that was there before is unchanged.

## Output
error-output = Writing failed: { $cause }
error-output-format = There is no output format called “{ $name }”.
error-output-extension = The name { $path } does not tell which format to write.
error-output-compressed = { $path }: { $name } is compressed inside already.
error-output-folder = { $path } is a folder. Name a file in it.
hint-output-format = Choose one with --format: { $names }.
hint-output-compressed = Leave out the last extension.
error-xlsx-rows = An Excel sheet holds 1,048,575 rows under its header; the table has { $count } or more.
hint-xlsx-rows = Write Parquet or CSV instead, or fewer rows with --limit.
error-xlsx-columns = An Excel sheet holds 16,384 columns; the table has { $count }.
hint-xlsx-columns = Write Parquet or CSV instead, or choose columns with --columns.
notice-cut = Only the first { $limit ->
    [one] row was
   *[other] { $limit } rows were
} written; there are more.
notice-guarded = { $count ->
    [one] 1 text that a spreadsheet would take for a formula begins with an apostrophe.
   *[other] { $count } texts that a spreadsheet would take for formulas begin with an apostrophe.
}
notice-nulled = { $count ->
    [one] 1 number that is NaN or infinite was written as null.
   *[other] { $count } numbers that are NaN or infinite were written as null.
}
notice-text-cut = { $count ->
    [one] 1 text was cut to the 32,767 characters a cell of Excel holds.
   *[other] { $count } texts were cut to the 32,767 characters a cell of Excel holds.
}
notice-long-numbers = { $count ->
    [one] 1 number with more digits than Excel keeps was written as text.
   *[other] { $count } numbers with more digits than Excel keeps were written as text.
}
notice-zone-lost = { $count ->
    [one] Excel has no time zones: 1 column shows local time in { $zone }.
   *[other] Excel has no time zones: { $count } columns show local time, the last of them in { $zone }.
}
output-missing = ∅
output-more-columns = { $count ->
    [one] … 1 more column
   *[other] … { $count } more columns
}

# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Kinds of values
kind-integer = whole number
kind-decimal = decimal
kind-float = number
kind-boolean = yes/no
kind-text = text
kind-category = category
kind-date = date
kind-datetime = date, time
kind-instant = date, time
kind-time = time
kind-duration = duration
kind-binary = bytes
kind-list = list
kind-struct = fields
kind-empty = nothing

## Errors
error-interrupted = Stopped.
error-timeout = The time limit passed.
hint-timeout = Give more time with --timeout, or work on fewer rows with --where or --limit.
error-panic = A library failed on this data: { $cause }
hint-panic = The session goes on. Please report this with the file, if you can share it.
error-data = The data could not be worked on: { $cause }
error-column-missing = There is no column “{ $name }”.
hint-column-nearest = Did you mean “{ $name }”?
hint-column-list = The columns are: { $names }
error-no-columns = No column is left to show.
error-file-changed = { $path } was changed while it was open.
hint-reload = Open it again to see what is in it now.
error-parquet = { $path } cannot be read as Parquet: { $cause }
hint-parquet = The file may be cut off or damaged. Copy it again from where it came.
error-connection = There is no connection “{ $name }”.
error-sort-key = “{ $text }” is not a column to sort by. Write COLUMN or COLUMN:desc.
error-sort-nested = “{ $column }” cannot be sorted: its values are of the kind “{ $kind }”.
error-memory-sort = Sorting { $rows } rows needs about { $needed } of memory, and { $allowed } is allowed.
hint-memory = Work on a sample or filter first, or allow more with --max-memory.

## Configuration
error-config = { $path }, line { $line }: { $cause }
hint-config = See config.example.toml for every key.
error-config-secret = { $path }: the connection “{ $connection }” carries “{ $key }”, which must not be in a project's file.
hint-config-secret = Put it into your own configuration file.
error-keymap-preset = There is no key map “{ $name }”.
hint-one-of = Choose one of: { $names }
error-keymap = Key map { $file }: { $cause }
error-keymap-key = Key map { $file }: “{ $key }” is not a key.
hint-keymap-key = Keys are written j, G, Ctrl-F, PageDown, F5, Space.
error-keymap-twice = Key map { $file }: the key “{ $key }” is given to “{ $one }” and to “{ $two }”.
error-keymap-command = Key map { $file }: there is no command “{ $name }”.
hint-keymap-command = “mekiki gen keys” lists the commands.

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

## Profile
profile-title = Profile: { $rows } { $rows ->
    [one] row
   *[other] rows
}, { $columns } { $columns ->
    [one] column
   *[other] columns
}
profile-column = Column
profile-kind = Type
profile-missing = Missing
profile-missing-percent = Missing %
profile-distinct = Distinct
profile-min = Min
profile-q1 = 1st quartile
profile-median = Median
profile-q3 = 3rd quartile
profile-max = Max
profile-mean = Mean
profile-sd = Std dev
profile-top = Most common
profile-top-percent = Most common %
profile-nested = Nested values are not compared with one another.
profile-note-distinct = Distinct counts are estimates (standard error up to { $error }%) in: { $names }
profile-note-sample = Quartiles, histogram and most common values come from { $rows } sampled rows (shares are within { $error } points, 95%) in: { $names }
profile-note-nan = NaN values are left out of the figures in: { $names }
profile-note-infinite = Infinite values are left out of mean, standard deviation and histogram in: { $names }
profile-note-empty = Empty texts count as values, not as missing, in: { $names }
profile-note-nested = Nested values are not compared, so distinct values are not counted in: { $names }
profile-no-column = There is no such column to profile.

# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

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

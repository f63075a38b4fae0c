# What people read, in English. Every text here has its twin in ja.ftl; a test compares the two.

## Errors
error-interrupted = Stopped.

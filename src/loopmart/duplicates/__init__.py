"""Possible duplicates: records that no key ties to each other and that may all the same be one person, for a look."""

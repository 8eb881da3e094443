"""Standards: definitions of dimensions that come from a file and know what they own.

``format`` says what the file looks like and ``check`` finds what is wrong with one; ``nodes`` takes it
apart into one node per record, and makes a file from dimensions that are there; ``references`` gives
records their names in files; ``plan`` compares file, database and what was applied before, and carries
out the difference.
"""

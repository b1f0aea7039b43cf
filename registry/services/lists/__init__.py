"""Lists in and out: files of rows, how they are read, and what they become."""

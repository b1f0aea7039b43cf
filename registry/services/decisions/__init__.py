"""One verdict out of what is on the table: who may decide, by which lane, and what like cases got."""

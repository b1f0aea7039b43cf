"""The public site as plain files: the site itself is asked for every page, and its links made ones between files."""

"""Notices to bytes: pure renderers of what we publish."""

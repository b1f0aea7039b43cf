"""Bytes of a feed in, entries out; imports nothing from registry."""

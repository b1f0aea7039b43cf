"""Verdicts of other registries: taken in as evidence, placed beside our tools, read as what others say."""

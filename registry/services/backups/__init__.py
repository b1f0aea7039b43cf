"""Copies of the whole registry in one file: made while it runs, looked through, and put into an empty place."""

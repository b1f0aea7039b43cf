"""The acts of people and jobs: each a verb that takes a session and never commits."""

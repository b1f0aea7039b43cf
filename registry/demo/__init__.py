"""The demo's small office: sources served on loopback, and the people, tools and verdicts of its past."""

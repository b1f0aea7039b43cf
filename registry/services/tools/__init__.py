"""Acts on tools that triage has let in."""

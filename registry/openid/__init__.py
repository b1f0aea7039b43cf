"""Signing in at the organisation's own OpenID provider: what is asked of it, and what is believed of what it says."""

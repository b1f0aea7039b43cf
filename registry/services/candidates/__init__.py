"""Triage: what people do with candidates, and what happens to these by themselves."""

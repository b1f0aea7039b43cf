"""Telling others what changed: followers by mail, webhooks, the hub, and whoever asked for a tool."""

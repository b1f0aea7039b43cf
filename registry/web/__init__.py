"""The site: pages, JSON API and feeds over the same services."""

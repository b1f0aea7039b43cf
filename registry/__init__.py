"""A registry in which an organisation evaluates emerging technology in the open."""

__version__ = "0.1.0"

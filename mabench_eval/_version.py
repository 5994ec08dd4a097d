"""The version, in a file of its own: every floor of the house may ask for it."""

__version__ = "0.1.0"

"""Formats: one file a group; each gives (line, row) pairs, lazily, and names what it cannot read."""

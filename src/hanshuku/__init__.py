"""Hanshuku: the AI function library."""

"""The HTTP server of saved functions."""

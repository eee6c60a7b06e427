"""Checks: one file a family; each looks at batches of rows and says what it found."""

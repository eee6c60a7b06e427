"""Two or more functions on the same rows: what differs, how sure that is, and which answers changed."""

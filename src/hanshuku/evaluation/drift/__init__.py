"""What a function is asked now against what it has learned from: whether the rows are of another kind, and what that may do to its answers."""

"""Examples: read, check, split, stream; sample sets."""

"""Export: a function that runs without torch."""

"""Reports: measured quality and cost of a function."""

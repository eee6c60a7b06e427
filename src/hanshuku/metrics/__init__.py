"""Metrics: one file a family, each number with an interval and the value that guessing has. numpy only."""

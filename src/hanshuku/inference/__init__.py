"""Predictors: a batch of inputs in, a batch of numbers out."""

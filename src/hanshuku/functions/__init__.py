"""Function: task, predictor and history, with its verbs."""

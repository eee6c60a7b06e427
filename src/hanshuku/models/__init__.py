"""Pretrained models: catalogue, pull, load."""

"""Limits: what one server lets pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one server lets pass."""

    max_batch: int = 64  # rows answered together at most
    max_wait_ms: float = 2.0  # how long a request waits for others to join its batch
    max_body_kb: int = 1024  # largest request body
    max_rows: int = 1024  # rows in one request
    max_waiting: int = 4096  # rows that may wait; more are told to come back

"""What a server counts: requests and latencies, never a text."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest


class Watch:
    """Counters of one application, in a registry of their own so that two applications do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter("hanshuku_requests", "Requests answered.", ["path", "status"], registry=self._registry)
        buckets = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
        self._seconds = Histogram("hanshuku_request_seconds", "Seconds to answer.", ["path"], registry=self._registry, buckets=buckets)

    def count(self, path: str, status: int, seconds: float) -> None:
        """Count an answer under its route."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def page(self) -> tuple[bytes, str]:
        """The page that Prometheus reads, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

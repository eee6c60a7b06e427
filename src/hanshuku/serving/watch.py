"""What a server counts: requests and latencies, never a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily

from hanshuku.safety.guard import Counts
from hanshuku.serving.request_log import RequestLog


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

    def guards(self, counts: Mapping[str, Counts]) -> None:
        """Show what the guards of these functions have counted: function -> its counts by ``side.rule``."""
        self._registry.register(_Guards(counts))  # type: ignore[arg-type]

    def log(self, log: RequestLog) -> None:
        """Show how many rows the log of requests holds and has lost."""
        self._registry.register(_Logged(log))  # type: ignore[arg-type]

    def page(self) -> tuple[bytes, str]:
        """The page that Prometheus reads, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST


class _Guards:
    """The counts of guards, read when the page is."""

    def __init__(self, counts: Mapping[str, Counts]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        """One counter, by function, side and rule."""
        family = CounterMetricFamily("hanshuku_guard", "What guards found, masked and blocked.", labels=["function", "side", "rule"])
        for name, counts in self._counts.items():
            for key, count in counts.to_json().items():
                side, _, rule = key.partition(".")
                family.add_metric([name, side, rule], count)
        yield family


class _Logged:
    """The counts of a log of requests, read when the page is."""

    def __init__(self, log: RequestLog) -> None:
        self._log = log

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Rows written, and rows lost."""
        for name, text, count in (("rows", "Rows written into the log of requests.", self._log.written), ("lost", "Rows that could not be written.", self._log.lost)):
            yield CounterMetricFamily(f"hanshuku_log_{name}", text, value=count)

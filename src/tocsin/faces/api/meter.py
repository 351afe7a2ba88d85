"""What the service counts, as Prometheus asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tocsin.desk.figures import SECONDS, Figures, Histogram
from tocsin.policy.document import DECISIONS


class Meter(Collector):
    """Counts requests, and tells the figures of the desk beside them."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.requests: dict[tuple[str, str, int], int] = {}
        """By route, method and status."""
        self.latency: dict[str, Histogram] = {}
        """Seconds of an answer, by route."""
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def seen(self, route: str, method: str, status: int, seconds: float) -> None:
        which = (route, method, status)
        self.requests[which] = self.requests.get(which, 0) + 1
        latency = self.latency.get(route)
        if latency is None:
            latency = self.latency[route] = Histogram(SECONDS)
        latency.observe(seconds)

    def text(self) -> bytes:
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        figures = self.figures
        counter = CounterMetricFamily("tocsin_decisions", "Facts decided upon, by outcome", labels=["outcome"])
        for outcome, count in zip(DECISIONS, figures.decisions, strict=True):
            counter.add_metric([outcome], count)
        yield counter
        counter = CounterMetricFamily("tocsin_facts", "Facts of batches, by what came of them", labels=["result"])
        for result, count in figures.facts.items():
            counter.add_metric([result], count)
        yield counter
        counter = CounterMetricFamily("tocsin_requests", "Requests answered", labels=["route", "method", "status"])
        for (route, method, status), count in self.requests.items():
            counter.add_metric([route, method, str(status)], count)
        yield counter
        yield _histograms("tocsin_request_seconds", "Seconds to an answer", "route", self.latency.items())
        yield _histograms("tocsin_group_entries", "Entries in a commit", "", [("", figures.groups)])
        yield _histograms("tocsin_commit_seconds", "Seconds of a commit", "", [("", figures.commits)])
        yield GaugeMetricFamily("tocsin_queue_length", "Facts that wait for their commit", figures.queue)
        pending = GaugeMetricFamily("tocsin_outbox_pending", "Orders not yet delivered", labels=["destination"])
        for destination, orders in figures.outbox.items():
            pending.add_metric([destination], orders)
        yield pending
        age = figures.snapshot_age()
        if age is not None:
            yield GaugeMetricFamily("tocsin_snapshot_age_seconds", "Seconds since the newest snapshot", age)


def _histograms(name: str, help: str, label: str, series: Iterable[tuple[str, Histogram]]) -> Metric:
    family = HistogramMetricFamily(name, help, labels=[label] if label else [])
    for value, histogram in series:
        buckets, count = [], 0
        for bound, here in zip((*map(str, histogram.bounds), "+Inf"), histogram.counts, strict=True):
            count += here
            buckets.append((bound, count))
        family.add_metric([value] if label else [], buckets, histogram.total)
    return family

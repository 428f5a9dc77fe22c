# SPDX-License-Identifier: Apache-2.0
"""Prometheus metrics of one process."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from yizhan.wire.endpoint import CallRecord

LATENCY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "yizhan_requests", "API calls answered", ["action", "code"], registry=self.registry
        )
        self._seconds = Histogram(
            "yizhan_request_seconds",
            "Time from the request's head to its answer",
            ["action"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._group_size = Histogram(
            "yizhan_commit_group_size",
            "Writes that were made durable together",
            buckets=GROUP_BUCKETS,
            registry=self.registry,
        )
        self._group_seconds = Histogram(
            "yizhan_commit_seconds",
            "Time of one group of writes, its fsync included",
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self._depth = Gauge(
            "yizhan_store_queue_depth",
            "Writes that wait for the next group",
            registry=self.registry,
        )
        self._log_dropped = Gauge(
            "yizhan_log_lines_dropped",
            "Log lines dropped since the start, as the log's reader was too slow",
            registry=self.registry,
        )
        self._calls_dropped = Gauge(
            "yizhan_request_log_dropped",
            "Calls that the request log dropped since the start, as it could not keep up",
            registry=self.registry,
        )
        self._calls_written = Gauge(
            "yizhan_request_log_written",
            "Calls that the request log has written since the start",
            registry=self.registry,
        )
        self._messages = Counter(
            "yizhan_outbox_messages",
            "Messages to receivers by what became of a try; queued: it will be tried again",
            ["channel", "state"],
            registry=self.registry,
        )
        self._messages_waiting = Gauge(
            "yizhan_outbox_waiting",
            "Messages to receivers that are to be sent, for the first time or again",
            registry=self.registry,
        )
        self._children: dict[tuple[str, str], Counter] = {}
        self._timers: dict[str, Histogram] = {}

    def count(self, record: CallRecord) -> None:
        key = (record.action, record.code)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(*key)
            self._timers[record.action] = self._seconds.labels(record.action)
        child.inc()
        self._timers[record.action].observe(record.seconds)

    def count_commit(self, size: int, seconds: float) -> None:
        self._group_size.observe(size)
        self._group_seconds.observe(seconds)

    def count_message(self, channel: str, state: str) -> None:
        self._messages.labels(channel, state).inc()

    def watch(
        self,
        *,
        queue_depth: Callable[[], int],
        log_dropped: Callable[[], int],
        calls_dropped: Callable[[], int],
        calls_written: Callable[[], int],
    ) -> None:
        """What is read when somebody asks, rather than counted."""
        self._depth.set_function(queue_depth)
        self._log_dropped.set_function(log_dropped)
        self._calls_dropped.set_function(calls_dropped)
        self._calls_written.set_function(calls_written)

    def render(self, messages_waiting: int) -> bytes:
        self._messages_waiting.set(messages_waiting)
        return generate_latest(self.registry)

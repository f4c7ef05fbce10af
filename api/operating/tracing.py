"""Traces by OpenTelemetry, exported by OTLP when the standard OTEL_… variables say where to; else nothing is loaded.

One trace goes from the webhook over the inbox, the turn and its steps to the outbox and the vendor's answer, through as
many processes as that takes: the traceparent is kept beside what waits (tools/orders/watch.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.orders import watch
from tools.orders.watch import Work

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import SpanContext, Tracer

NAMES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
KINDS = {"request": "SERVER", "event": "CONSUMER", "delivery": "PRODUCER", "vendor_call": "CLIENT"}


def wanted(environment: Mapping[str, str] = os.environ) -> bool:
    off = (
        environment.get("OTEL_SDK_DISABLED", "").lower() == "true" or environment.get("OTEL_TRACES_EXPORTER") == "none"
    )
    return not off and any(environment.get(name) for name in NAMES)


@contextmanager
def tracing() -> Iterator[None]:
    """Until the block is left; what is not sent by then is sent at the end. Nothing where nobody wants it."""
    if not wanted():
        yield
        return
    provider = _provider()
    try:
        with watch.watched_by(Tracing(provider).watch):
            yield
    finally:
        provider.shutdown()


class Tracing:
    """A watcher of work: a span each, of closed names and values only."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer: Tracer = provider.get_tracer("wismo")

    @contextmanager
    def watch(self, work: Work, carried: str | None) -> Iterator[None]:
        from opentelemetry.trace import SpanKind, Status, StatusCode

        kind = SpanKind[KINDS.get(work.name, "INTERNAL")]
        with self._tracer.start_as_current_span(
            _titled(work), _continued(carried), kind, record_exception=False, set_status_on_exception=False
        ) as span:
            token = watch.CARRIED.set(_told(span.get_span_context()))
            try:
                yield
            finally:
                watch.CARRIED.reset(token)
                span.set_attributes({f"wismo.{name}": value for name, value in work.what.items()})
                span.set_attribute("wismo.outcome", work.outcome)
                span.update_name(_titled(work))
                if work.outcome != "done":
                    span.set_status(Status(StatusCode.ERROR, work.outcome))


def _provider() -> TracerProvider:
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "wismo"}
    provider = TracerProvider(resource=Resource.create(name))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


def _continued(carried: str | None) -> Context | None:
    """None keeps the span that is under way, or begins a trace."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": carried}) if carried else None


def _told(context: SpanContext) -> str:
    """W3C's traceparent."""
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _titled(work: Work) -> str:
    """A step by its name, a message by its kind: what a person looks for in a list of traces."""
    told = next((work.what[name] for name in ("route", "step", "kind", "vendor", "source") if name in work.what), "")
    return f"{work.name} {told}".strip()

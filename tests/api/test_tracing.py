"""One trace from the webhook to the vendor's answer, over what lies in between; and nothing where nobody wants it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import add_TraceServiceServicer_to_server
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from agent.case import Incoming, Letter
from api.operating import logs, tracing
from api.wiring import House
from connectors import inbox
from connectors.delivery import Delivery
from connectors.inbox import Event
from connectors.worker import Worker
from tests.shop import ANA, NOW, Shop
from tools.orders import outbox, watch
from tools.orders.outbox import Message


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with watch.watched_by(tracing.Tracing(provider).watch):
        yield exporter
    provider.shutdown()


def named(spans: InMemorySpanExporter, name: str) -> Sequence[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == name]


def trace_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context
    return context.trace_id


def test_a_webhook_a_turn_and_the_vendors_answer_are_one_trace_though_rows_lie_between(
    house: House, filled: Shop, spans: InMemorySpanExporter
) -> None:
    order = filled.order()

    def read(event: Event) -> None:
        text = f"where is {order.number}?"
        house.desk.answer(Incoming(f"{event.conversation}:1", "c1", "email", text, ANA, True, letter=Letter(ANA)))

    def say(_: Message) -> None:
        with watch.work("vendor_call", vendor="zendesk"):
            pass

    with watch.work("request", method="POST", route="/webhooks/zendesk"), house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", "{}", NOW)
    assert watch.carried() is None
    worker = Worker(
        house.database, {"zendesk": read}, Delivery(house.database, {"reply.mail": say}, lambda: NOW), lambda: NOW
    )
    worker.run_once()
    (request,) = named(spans, "request /webhooks/zendesk")
    (event,), (turn,), (delivery,), (call,) = (
        named(spans, name) for name in ("event zendesk", "turn", "delivery reply.mail", "vendor_call zendesk")
    )
    assert len({trace_of(one) for one in (request, event, turn, delivery, call)}) == 1
    assert event.parent
    assert event.parent.span_id == request.get_span_context().span_id  # type: ignore[union-attr]
    assert delivery.parent
    assert delivery.parent.span_id == turn.get_span_context().span_id  # type: ignore[union-attr]
    assert [one.name for one in spans.get_finished_spans() if one.name.startswith("step")][:2] == [
        "step triage",
        "step investigate",
    ]
    whole = json.dumps([one.to_json() for one in spans.get_finished_spans()])
    assert "ana@" not in whole
    assert order.number not in whole


def test_two_webhooks_are_two_traces(house: House, spans: InMemorySpanExporter) -> None:
    for key in ("e1", "e2"):
        with watch.work("request", route="/webhooks/zendesk"), house.database.write() as db:
            inbox.put(db, "zendesk", key, key, "{}", NOW)
    one, two = named(spans, "request /webhooks/zendesk")
    assert trace_of(one) != trace_of(two)


def test_a_failure_is_named_by_its_kind_and_says_nothing_of_whom_it_was_about(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="ana"), watch.work("delivery", kind="mail.code"):
        raise ValueError("no mail for ana@example.com")
    (span,) = spans.get_finished_spans()
    assert span.status.description == "ValueError"
    assert "ana" not in span.to_json()


def test_lines_of_a_turn_name_ticket_conversation_and_trace_and_no_person(
    house: House, filled: Shop, spans: InMemorySpanExporter
) -> None:
    told = io.StringIO()
    logs.configure(told)

    class Speaking:
        def __call__(self, event: Event) -> None:
            house.desk.answer(Incoming("t1", "ana@example.com", "api", "where is my order?", "ana@example.com", True))
            structlog.get_logger().warning("helpdesk.said")

    with watch.work("request", route="/webhooks/zendesk"), house.database.write() as db:
        inbox.put(db, "zendesk", "e1", "77", "{}", NOW)
        trace = str(watch.carried()).split("-")[1]
    Worker(house.database, {"zendesk": Speaking()}, Delivery(house.database, {}, lambda: NOW), lambda: NOW).run_once()
    (line,) = [one for one in told.getvalue().splitlines() if "helpdesk.said" in one]
    assert f"trace={trace}" in line
    assert "conversation=77" in line
    assert "source=zendesk" in line
    assert "ana@" not in told.getvalue()


def test_a_line_within_a_turn_names_its_ticket(house: House, filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    logs.configure(told)
    put = outbox.put

    def speaking(*given: object, **named: object) -> None:
        structlog.get_logger().warning("put")
        put(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox, "put", speaking)
    house.desk.answer(Incoming("9:1", "9", "email", "hello", ANA, True, letter=Letter(ANA)))
    assert "ticket=9:1" in told.getvalue()
    assert "conversation=9" in told.getvalue()
    structlog.get_logger().warning("after")
    assert "ticket" not in told.getvalue().splitlines()[-1]


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4317"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_variables_say_whether_traces_are_kept(environment: dict[str, str], on: bool) -> None:
    assert tracing.wanted(environment) is on


@pytest.mark.parametrize(
    ("module", "absent"), [("api.operating.tracing", "opentelemetry"), ("api.app", "opentelemetry.exporter")]
)
def test_where_nobody_wants_traces_nothing_is_loaded_for_them(module: str, absent: str) -> None:
    """LangGraph loads the bare library for itself."""
    asks = f"import sys, {module}; print([one for one in sys.modules if one.startswith('{absent}')])"
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_with_the_variables_set_spans_leave_by_otlp(monkeypatch: pytest.MonkeyPatch) -> None:
    received = Collector()
    with received.listening() as port:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
        with tracing.tracing(), watch.work("delivery", kind="mail.code"):
            pass
    assert received.names == [("wismo", "delivery mail.code")]


class Collector:
    """A collector of OTLP over gRPC, as small as one can be."""

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []

    def Export(self, request: Any, _: object) -> Any:  # noqa: N802 - the name in the protocol
        for resource in request.resource_spans:
            services = [one.value.string_value for one in resource.resource.attributes if one.key == "service.name"]
            self.names += [(services[0], span.name) for scope in resource.scope_spans for span in scope.spans]
        return ExportTraceServiceResponse()

    @contextmanager
    def listening(self) -> Iterator[int]:
        server = grpc.server(ThreadPoolExecutor(2))
        add_TraceServiceServicer_to_server(self, server)  # type: ignore[no-untyped-call]
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield port
        finally:
            server.stop(None).wait()

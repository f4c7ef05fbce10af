"""The brain that a language model thinks in, and the one place that knows the model SDK (`Server`).

Whatever speaks this protocol will do, by Chat Completions: OpenAI, Azure, vLLM, Ollama, llama.cpp.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any, cast

import httpx2
import openai
from openai import RequestOptions

from agent import thinking
from agent.brains import InvalidOutput, Passing, Plain, TooLong, Unavailable
from agent.brains.model.asking import Body, Model, loaded
from agent.brains.model.looking import Looker
from agent.brains.model.pricing import at_most
from agent.brains.model.reading import Reader, leaves_something
from agent.brains.model.writing import Writer
from agent.case import Case, Draft, Facts, Kind, Ticket, ToolCall, Triage
from agent.policy import Policy
from tools.registry import Registry
from tools.together import Together

PATH = "/chat/completions"
CONNECT = 5.0
"""Seconds."""
MOST_BYTES = 4_000_000
KEPT_SECONDS = 30.0
"""That an idle connection is used again."""
CONNECTIONS = 128
READING_AT_ONCE = 4
"""Threads that read beside the model: it thinks for seconds, they need milliseconds of a core."""
FULL = ("context_length_exceeded", "context length", "context window", "maximum context", "too many tokens")
"""How servers say that a question is too long; there is no code for it that all of them know."""


class LLMBrain:
    """Reads, looks up and words by a model; `plain` reads beside it, and looks up first what needs none.

    Every method raises `BrainError`, and then another brain goes on from what there is (agent.brains.fallback).
    """

    def __init__(self, model: Model, tools: Registry, policy: Policy, plain: Plain) -> None:
        self._plain = plain
        self._beside = Together(READING_AT_ONCE)
        self._reader = Reader(model, policy)
        self._looker = Looker(model, tools, policy)
        self._writer = Writer(model, policy)
        self.at_most = at_most(model.table)

    def triage(self, ticket: Ticket) -> Triage:
        """The plain reading has as long as the model takes, unless it is what says whether the model is needed."""
        begun = self._plain.begin(ticket)
        if begun.kind is Kind.MESSAGE and not ticket.thread.proposals:
            return self._reader(ticket, self._beside.begun(begun.rest).result)
        basis = begun.rest()
        return self._reader(ticket, lambda: basis) if leaves_something(ticket, basis) else basis

    def look_up(self, ticket: Ticket, triage: Triage, facts: Facts) -> tuple[ToolCall, ...]:
        """First what the playbooks read and, for a yes, what stood open; then what the model wants beside it."""
        first = self._plain.look_up(ticket, triage, facts) if not facts.rounds else ()
        return first or self._looker(ticket, triage, facts)

    def write(self, case: Case) -> Draft:
        return self._writer(case)

    def spent(self) -> int:
        """Micros of this turn so far."""
        return thinking.so_far().micros


class Server:
    """Is a `Chat`. One client a process: connections are kept. Nothing is retried or judged here."""

    def __init__(self, base_url: str, key: str = "") -> None:
        """`key`: servers on one's own machines often want none."""
        limits = httpx2.Limits(
            max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=KEPT_SECONDS
        )
        self._http = httpx2.Client(limits=limits, follow_redirects=False)
        self._client = openai.OpenAI(
            base_url=base_url, api_key=key or "none", max_retries=0, http_client=self._http, organization="", project=""
        )

    def __call__(self, body: Body, seconds: float) -> Mapping[str, Any]:
        """Raises `BrainError`. `seconds` hold for all of it, also where a server sends a byte now and then."""
        until = monotonic() + seconds
        given = RequestOptions(timeout=httpx2.Timeout(seconds, connect=min(CONNECT, seconds)))
        with _understood(), closing(self._begun(body, given)) as answer:
            return _object(_whole(answer, until))

    def _begun(self, body: Body, given: RequestOptions) -> httpx2.Response:
        """By the SDK's door for bodies as they are: its typed one walks through all of a body, for milliseconds."""
        kind = openai.Stream[Any]
        begun = self._client.post(PATH, cast_to=httpx2.Response, body=body, options=given, stream=True, stream_cls=kind)
        return cast("httpx2.Response", begun)

    def models(self, seconds: float = CONNECT) -> tuple[str, ...]:
        """What the server offers. Raises `BrainError`."""
        with _understood():
            return tuple(one.id for one in self._client.models.list(timeout=seconds))

    def close(self) -> None:
        self._client.close()


def _whole(response: httpx2.Response, until: float) -> bytes:
    kept = bytearray()
    for chunk in response.iter_bytes():
        kept += chunk
        if monotonic() > until:
            raise Unavailable("timeout", "the answer took too long to arrive")
        if len(kept) > MOST_BYTES:
            raise InvalidOutput("too_much", "the answer is longer than any reply")
    return bytes(kept)


def _object(raw: bytes) -> Mapping[str, Any]:
    found = loaded(raw)
    if not isinstance(found, Mapping):
        raise InvalidOutput("no_object", "the server's answer is not a JSON object")
    return found


@contextmanager
def _understood() -> Iterator[None]:
    """The SDK's errors, and those of the connection under it, in our words; never with what was sent, or the key."""
    try:
        yield
    except (openai.APITimeoutError, httpx2.TimeoutException):
        raise Unavailable("timeout", "the server did not answer in time") from None
    except (openai.APIConnectionError, httpx2.TransportError) as error:
        raise Passing(*_broken(error)) from None
    except openai.APIStatusError as error:
        raise _status(error) from None
    except openai.OpenAIError as error:
        raise InvalidOutput("no_answer", type(error).__name__) from None


def _broken(error: Exception) -> tuple[str, str]:
    cause = error.__cause__ or error
    if isinstance(cause, httpx2.ConnectError):
        return "unreachable", "no connection; is the address right, and does the server run?"
    return "cut", "the connection was cut"


def _status(error: openai.APIStatusError) -> Unavailable | InvalidOutput:
    status, told = error.status_code, str(error.body or error.message).lower()
    if status in {400, 413} and any(word in told for word in FULL):
        return TooLong("too_long", "the question does not fit into the model")
    if status == 429 and "insufficient_quota" not in told:
        return Passing("limited", "too many requests", _after(error.response.headers))
    if status >= 500:
        return Passing("server_error", f"HTTP {status}", _after(error.response.headers) or 0.2)
    if status in {401, 403}:
        return Unavailable("key", f"HTTP {status}: is WISMO_LLM_API_KEY right, and may it use this model?")
    if status == 404:
        return Unavailable("not_found", "HTTP 404: is WISMO_LLM_BASE_URL right, and WISMO_LLM_MODEL one of its models?")
    return Unavailable("rejected", f"HTTP {status}")


def _after(headers: httpx2.Headers) -> float:
    """Seconds of Retry-After; a date is not worth waiting for."""
    told = headers.get("retry-after", "")
    try:
        return max(float(told), 0.0) if told else 0.5
    except ValueError:
        return 60.0

"""`wismo ask`, `wismo run`, `wismo triage`: messages in, replies out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from pydantic import BaseModel, ConfigDict, Field

from agent.case import Incoming, Intent, Request
from agent.identity.tokens import BadToken
from api.cli import lines, recording, show
from api.cli.train import calibration, tell_calibration
from api.shapes import Message
from api.trials.recorded import Traffic
from api.wiring import House, open_house

if TYPE_CHECKING:
    from agent.brains.labelling import Labeller

KeepGoing = Annotated[bool, typer.Option("--keep-going", help="Skip bad lines instead of stopping at the first.")]


class TicketLine(Message):
    """One line of `wismo run`."""

    id: str = Field(min_length=1, max_length=200, coerce_numbers_to_str=True)
    channel: str = Field("email", min_length=1, max_length=40)


class TextLine(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, coerce_numbers_to_str=True)
    text: str
    subject: str = ""


def register(app: typer.Typer) -> None:
    app.command("ask")(ask)
    app.command("run")(run)
    app.command("triage")(triage)


def ask(
    text: Annotated[str, typer.Argument(help="The customer's message; - reads standard input.")],
    email: Annotated[str | None, typer.Option(help="The address the message came from.")] = None,
    verified: Annotated[bool, typer.Option("--verified", help="The channel proved that address.")] = False,
    channel: Annotated[str, typer.Option(help="email, chat, …")] = "chat",
    conversation: Annotated[str | None, typer.Option(help="Go on with an earlier conversation.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON, for programs.")] = False,
) -> None:
    """Ask one thing; prints the reply and the path it took.

    Example: `wismo ask "Where is my order #1001?" --email ana@example.com --verified`
    """
    message = _standard_input() if text == "-" else text
    turn = uuid4().hex[:12]
    incoming = Incoming(f"ask:{turn}", conversation or f"ask:{turn}", channel, message, email, verified)
    with open_house() as house:
        house.warm_beside()
        path = show.Path()
        answer = house.desk.answer(incoming, path.add)
        house.deliver()
    if as_json:
        return lines.put(answer.as_json())
    path.print()
    show.reply(answer)
    return None


def run(
    file: Annotated[str, typer.Argument(help="JSONL of tickets; - reads standard input.")],
    record: Annotated[Path | None, typer.Option(help="Keep the language model's traffic in this folder.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from such a folder: no server, no key.")] = None,
    keep_going: KeepGoing = False,
    letters: Annotated[
        bool, typer.Option("--letters", help="Replies to tickets of the channel email also leave by our mail server.")
    ] = False,
) -> None:
    """Answer every ticket of a file: one JSON line in, one out, in the same order.

    In: `{"id","channel","from":{"email","verified"},"subject","text","history","conversation"}`.
    Example: `wismo run tickets.jsonl > answers.jsonl`
    """
    batch = uuid4().hex[:8]
    with recording.opened(Traffic(record, replay)) as house:
        if letters and house.mail is None:
            lines.unusable("no mail server is connected: set WISMO_SMTP_HOST and WISMO_SMTP_SENDER")

        def work(line: lines.Line, ticket: TicketLine) -> None:
            given = ticket.incoming(f"run:{batch}:{line.number}", "run", ticket.channel, by_letter=letters)
            try:
                answer = house.desk.answer(given)
            except BadToken as error:
                raise lines.BadLine(f"the customer's token does not hold: {error.code}") from None
            house.deliver()
            lines.put(answer.as_line() | {"id": ticket.id})

        lines.each_line(file, TicketLine, work, keep_going)


def triage(
    file: Annotated[str | None, typer.Argument(help="JSONL of {id, text, subject}; - reads standard input.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model of `wismo train`: answers with its labels.")] = None,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="With --model: below it, none of the labels.")] = 0.15,
    calibrate: Annotated[bool, typer.Option("--calibrate", help="What the dial in shop.toml costs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --calibrate: as JSON.")] = False,
    keep_going: KeepGoing = False,
) -> None:
    """What each message wants: intents, slots, language, mood, urgency. Nothing is looked up or done.

    Example: `echo '{"id":1,"text":"where is #1001?"}' | wismo triage -`
    """
    with open_house() as house:
        if calibrate:
            tell_calibration(calibration(house), as_json)
            return
        if file is None:
            lines.unusable("name a file of messages, or - for standard input; or say --calibrate")
        labeller = _labeller(house, model, confidence) if model else None

        def work(_: lines.Line, line: TextLine) -> None:
            read = labelled(house, labeller, line) if labeller else triaged(house, line.text, line.subject)
            lines.put({"id": line.id, **read})

        lines.each_line(file, TextLine, work, keep_going)


def _labeller(house: House, model: Path, confidence: float) -> Labeller:
    from agent.brains.classifier import IntentModel, ModelMissing
    from agent.brains.labelling import Labeller

    try:
        own = IntentModel.load(model, house.embedder)
    except ModelMissing:
        lines.unusable(f"no model in {model}; make one: wismo train LABELS.csv --out {model}")
    return Labeller(own, house.language, house.policy, confidence)


def labelled(house: House, labeller: Labeller, line: TextLine) -> dict[str, Any]:
    """The same contract, with the shop's own label in place of the intent of the first request."""
    guess, known = labeller(line.text, line.subject)
    read = triaged(house, line.text, line.subject)
    label = guess.label if known else Intent.OUT_OF_SCOPE.value
    slots = {name: value for one in read["requests"] for name, value in one["slots"].items()}
    confidence = round(guess.confidence, 3)
    request = {"intent": label, "confidence": confidence, "slots": slots}
    return {**read, "intent": label, "confidence": confidence, "in_scope": known, "requests": [request]}


def triaged(house: House, text: str, subject: str = "") -> dict[str, Any]:
    """The contract of `wismo triage`; `intent` is the first request's."""
    read = house.desk.read(Incoming("triage", "triage", "chat", text, subject=subject))
    first = read.requests[0]
    return {
        "intent": _label(first),
        "confidence": first.confidence,
        "in_scope": first.in_scope,
        "requests": [
            {"intent": _label(one), "confidence": one.confidence, "slots": _slots(one)} for one in read.requests
        ],
        "language": read.language,
        "mood": read.mood.value,
        "urgency": read.urgency,
        "wants_human": read.wants_human,
    }


def _label(request: Request) -> str:
    return request.intent.value if request.in_scope else Intent.OUT_OF_SCOPE.value


def _slots(request: Request) -> dict[str, Any]:
    """Only what was found; several order numbers are told as `order_ids` beside the first."""
    slots = request.slots
    named: dict[str, Any] = {
        "order_id": slots.orders[0] if slots.orders else None,
        "order_ids": list(slots.orders) if len(slots.orders) > 1 else None,
        "email": slots.email,
        "postcode": slots.postcode,
        "reason": slots.reason,
        "dates": [day.isoformat() for day in slots.dates],
        "address": slots.address.one_line() if slots.address else None,
    }
    return {name: value for name, value in named.items() if value}


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")

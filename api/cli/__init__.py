"""The command line: a contract (docs/integrate.md). One file a family of commands; none of them decides anything."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import OperationalError

from agent.brains.classifier import ModelMissing
from agent.policy import PolicyError
from api import logs
from api.backups import BackupError
from api.cli import (
    approvals,
    attack,
    audit,
    backlog,
    backup,
    capture,
    check,
    connect,
    evaluate,
    explain,
    gaps,
    history,
    home,
    identity,
    knowledge,
    learned,
    lines,
    mirror,
    move,
    orders,
    pause,
    playbook,
    privacy,
    replay,
    report,
    shipping,
    simulate,
    tau,
    tickets,
    tokens,
    train,
    upgrade,
)
from api.migrations import UnknownSchema
from knowledge.errors import KnowledgeError

app = typer.Typer(
    name="wismo",
    help="Wismo answers order questions and acts within the shop's rules. State lives in $WISMO_HOME (default .wismo).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for files in (capture, shipping):
    files.register(orders.app)
app.add_typer(orders.app, name="orders")
app.add_typer(approvals.app, name="approvals")
app.add_typer(audit.app, name="audit")
app.add_typer(backlog.inbox_app, name="inbox")
app.add_typer(backlog.outbox_app, name="outbox")
app.add_typer(identity.app, name="identity")
app.add_typer(tokens.app, name="tokens")
app.add_typer(playbook.app, name="playbook")
app.add_typer(gaps.app, name="gaps")
app.add_typer(privacy.app, name="privacy")
app.add_typer(learned.app, name="learned")
app.add_typer(evaluate.app, name="bench")
tau.register(replay.app)
app.add_typer(replay.app, name="eval")
for family in (
    home,
    backup,
    upgrade,
    move,
    mirror,
    learned,
    tickets,
    train,
    check,
    explain,
    knowledge,
    report,
    pause,
    attack,
    simulate,
    connect,
    history,
):
    family.register(app)


def main() -> None:
    """What a person can mend is told in a line with its remedy; only a defect shows where it happened."""
    logs.configure()  # before anything logs: standard output is for the answer alone
    try:
        app()
    except (PolicyError, ModelMissing, KnowledgeError, UnknownSchema, BackupError) as error:
        lines.say(f"error: {error}")
        sys.exit(2)
    except OperationalError as error:
        lines.say(f"error: the database: {str(error.orig).splitlines()[0]}; see: wismo doctor")
        sys.exit(2)

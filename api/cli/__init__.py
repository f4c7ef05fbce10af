"""The command line: a contract (docs/integrate.md). One file a family of commands; none of them decides anything."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from api.cli import contents, lines
from api.operating import logs

app = typer.Typer(
    name="wismo",
    cls=contents.Contents,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _say_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("wismo"))
        raise typer.Exit


@app.callback()
def wismo(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version, and end.")
    ] = False,
) -> None:
    """Wismo answers order questions and acts within the shop's rules. State lives in $WISMO_HOME (default .wismo)."""


def main() -> None:
    """What a person can mend is told in a line with its remedy; only a defect shows where it happened."""
    logs.configure()  # before anything logs: standard output is for the answer alone
    try:
        app()
    except Exception as error:
        told = _mendable(error)
        if told is None:
            raise
        lines.say(f"error: {told}")
        sys.exit(2)


def _mendable(error: Exception) -> str | None:
    from sqlalchemy.exc import OperationalError

    from agent.brains.classifier import ModelMissing
    from agent.policy import PolicyError
    from api.backups import BackupError
    from api.migrations import UnknownSchema
    from knowledge.errors import KnowledgeError

    if isinstance(error, PolicyError | ModelMissing | KnowledgeError | UnknownSchema | BackupError):
        return str(error)
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError):
        return f"{error.filename}: {error.strerror}; the home folder is WISMO_HOME, and must be ours to write"
    if isinstance(error, OperationalError):
        return f"the database: {str(error.orig).splitlines()[0]}; see: wismo doctor"
    return None

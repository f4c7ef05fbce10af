"""A second judge of bodies: the contract's JSON schema, by a validator in Python.

Prism passes over some schemas without a word (of Sunshine Conversations: messages and activities), so that its silence
alone proves nothing.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import yaml

from tests.connectors.vendor import Asked

METHODS = frozenset({"get", "put", "post", "patch", "delete"})


@cache
def _spec(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = _nullable(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    return read


def _nullable(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema says that null is one of the types."""
    if isinstance(node, list):
        return [_nullable(one) for one in node]
    if not isinstance(node, dict):
        return node
    changed = {name: _nullable(value) for name, value in node.items()}
    if changed.get("nullable") is True and isinstance(changed.get("type"), str):
        changed["type"] = [changed["type"], "null"]
    return changed


def problems(contract: Path, asked: Asked, below: str = "") -> list[str]:
    """What is wrong with a request's body by the contract, or that the contract has no such call."""
    spec = _spec(contract)
    operation = _operation(spec, asked.method.lower(), asked.path.removeprefix(below))
    if operation is None:
        return [f"{asked.method} {asked.path}: no such call"]
    wanted = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if wanted is None:
        return [f"{asked.method} {asked.path}: takes no body"] if asked.raw else []
    schema = {**wanted, "components": spec["components"]}
    found = jsonschema.Draft4Validator(schema).iter_errors(asked.body)
    return [f"{asked.method} {asked.path}: {one.message[:200]}" for one in found]


def _operation(spec: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """A path without variables before one with them."""
    for template in sorted(spec["paths"], key=lambda one: one.count("{")):
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method in METHODS & spec["paths"][template].keys():
            found: dict[str, Any] = spec["paths"][template][method]
            return found
    return None

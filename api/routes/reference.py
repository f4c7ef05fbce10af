"""/docs: the reference of the API as a plain page, made from /openapi.json. It needs no script and no other site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from api.pages import render

router = APIRouter(include_in_schema=False)
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    needed: bool
    says: str


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    title: str
    says: str
    role: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[str, ...]

    @property
    def anchor(self) -> str:
        return f"{self.method}-{self.path}".lower().replace("/", "-").replace("{", "").replace("}", "")


@router.get("/docs")
def reference(request: Request) -> Response:
    described = request.app.openapi()
    groups: dict[str, list[Operation]] = {}
    for tag, operation in operations(described):
        groups.setdefault(tag, []).append(operation)
    return render("reference.html", groups=groups, about=described["info"], guest=None)


def operations(described: Schema) -> Iterator[tuple[str, Operation]]:
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            parameters = tuple(
                Field(p["name"], f"{p['in']}, {kind(p['schema'], described)}", p.get("required", False), _says(p))
                for p in one.get("parameters", [])
            )
            role = next((" ".join(needed) for given in one.get("security", []) for needed in given.values()), "")
            yield (
                (one.get("tags") or ["other"])[0],
                Operation(
                    method.upper(),
                    path,
                    one.get("summary", ""),
                    one.get("description", ""),
                    role,
                    parameters,
                    tuple(_body(one, described)),
                    tuple(one["responses"]),
                ),
            )


def kind(schema: Schema, described: Schema) -> str:
    """A type in a few words: `string`, `list of Line`, `"chat" or "email"`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema or "const" in schema:
        return " or ".join(f'"{one}"' for one in schema.get("enum", [schema.get("const")]))
    several = schema.get("anyOf") or schema.get("oneOf")
    if several:
        return " or ".join(kind(one, described) for one in several)
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}), described)}"
    return str(schema.get("type", "anything"))


def _body(one: Schema, described: Schema) -> Iterator[Field]:
    """The fields of a JSON body, those of its parts under their path: `from.email`."""
    content = one.get("requestBody", {}).get("content", {}).get("application/json", {})
    yield from _fields(content.get("schema", {}), described, "", 3)


def _fields(schema: Schema, described: Schema, before: str, deep: int) -> Iterator[Field]:
    whole = _resolved(schema, described)
    for name, given in whole.get("properties", {}).items():
        yield Field(f"{before}{name}", kind(given, described), name in whole.get("required", []), _says(given))
        inner = given.get("items", given)
        if deep > 1:
            yield from _fields(inner, described, f"{before}{name}{'[]' if 'items' in given else ''}.", deep - 1)


def _resolved(schema: Schema, described: Schema) -> Schema:
    """The object behind a reference; of alternatives the first that is one."""
    if "$ref" in schema:
        found: Schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    several = schema.get("anyOf") or schema.get("allOf") or []
    return next((_resolved(one, described) for one in several if "$ref" in one), schema)


def _says(given: Schema) -> str:
    says = str(given.get("description", ""))
    shown = given.get("default")
    return f"{says} Default: {shown}." if isinstance(shown, str | int) and shown != "" else says

"""Bundles: what is sold as one and leaves the shelf as several. Every need of a line is told in what leaves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from tools.orders import rules
from tools.orders.commands import OnStock, Units, verb
from tools.orders.rows import fetch
from tools.orders.tables import bundle_components, reservations, variants
from tools.orders.work import Refused, Work

Need = tuple[str, str, int]
"""(line, sku, units)."""


class DefineBundle(OnStock):
    """`sku` is sold, its components are what leaves the shelf."""

    components: dict[str, Units] = Field(min_length=1)


@verb(DefineBundle)
def define_bundle(work: Work, wanted: DefineBundle) -> Mapping[str, Any]:
    """Once: orders that were placed keep what they reserved. A bundle of bundles is refused."""
    known = {row["sku"] for row in fetch(work.db, variants, sku=[wanted.sku, *wanted.components])}
    bundles = {row["bundle_sku"] for row in fetch(work.db, bundle_components, bundle_sku=list(wanted.components))}
    if {wanted.sku, *wanted.components} - known or bundles or wanted.sku in wanted.components:
        raise Refused(rules.refuse("STK-2", "no_such_components", accepts="known variants that are no bundles"))
    if fetch(work.db, bundle_components, bundle_sku=wanted.sku):
        raise Refused(rules.refuse("STK-2", "already_a_bundle", accepts="another sku"))
    if fetch(work.db, reservations, sku=wanted.sku, state="held"):
        raise Refused(rules.refuse("STK-2", "in_use", accepts="a variant of which nothing is reserved"))
    rows = [{"bundle_sku": wanted.sku, "component_sku": sku, "quantity": n} for sku, n in wanted.components.items()]
    work.insert(bundle_components, *rows)
    work.event("stock.bundle_defined", {"sku": wanted.sku, "components": dict(wanted.components)})
    return {"sku": wanted.sku, "components": dict(wanted.components)}


def components(db: Connection, sku: str) -> Mapping[str, int]:
    """What leaves the shelf for one unit: a bundle's components, else the variant itself."""
    parts = fetch(db, bundle_components, "component_sku", bundle_sku=sku)
    return {row["component_sku"]: row["quantity"] for row in parts} or {sku: 1}


def needs(lines: Iterable[Need], bundles: Mapping[str, Mapping[str, int]]) -> list[Need]:
    """Lines → what each takes from the shelf, in the order in which rows are locked (sku)."""
    wanted = [
        (line, part, count * units) for line, sku, units in lines for part, count in bundles.get(sku, {sku: 1}).items()
    ]
    return sorted(wanted, key=lambda one: (one[1], one[0]))


def among(db: Connection, lines: Sequence[Need]) -> Mapping[str, Mapping[str, int]]:
    """The components of those variants of the lines that are bundles."""
    skus = sorted({sku for _, sku, _ in lines})
    found: dict[str, dict[str, int]] = {}
    for row in fetch(db, bundle_components, bundle_sku=skus) if skus else ():
        found.setdefault(row["bundle_sku"], {})[row["component_sku"]] = row["quantity"]
    return found

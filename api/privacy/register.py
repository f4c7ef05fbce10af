"""Every table of the house, and which of its columns may hold something of a person.

`keys` are ids that tables are joined by; they are kept, unless an id is itself an e-mail address. Keyed hashes (codes,
attempts) are nobody's without the key in the home folder, and age within days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table

from agent.tables import metadata as agent_tables
from api.tables import metadata as api_tables
from connectors.tables import metadata as connector_tables
from tools.orders.tables import metadata as order_tables

PERSONAL: Mapping[str, tuple[str, ...]] = {
    "customers": ("name", "email", "email_folded", "phone", "address"),
    "orders": ("address",),
    "claims": ("evidence",),
    "events": ("body", "changes"),
    "commands": ("result",),
    "outbox": ("body", "last_error"),
    "conversations": ("state",),
    "approvals": ("caller", "quote", "arguments", "reason"),
    "journal_private": ("salt", "body"),
    "spoken": ("text",),
    "inbox": ("body", "last_error"),
    "shards": ("body", "result", "error"),
    "codes": ("conversation", "address", "customer", "digest"),
    "proofs": ("conversation", "address", "customer"),
    "learned": ("title", "body"),
    "learned_sources": ("who", "text"),
    "visits": ("customer",),
    "shown": ("body",),
    "photos": ("jpeg",),
}
"""By table: columns that hold a person's data while it is kept. The other columns of these tables do not."""

IMPERSONAL = frozenset(
    (
        *("products", "variants", "bundle_components", "locations", "stock_levels", "stock_movements", "reservations"),
        *("order_lines", "returns", "return_lines", "exchanges", "withdrawals", "fulfillment_orders"),
        *("fulfillment_lines", "shipments", "shipment_lines", "tracking_events", "payment_methods", "payments"),
        *("payment_transactions", "ledger_transactions", "ledger_entries", "refunds", "refund_lines"),
        *("refund_allocations", "credit_notes", "counters", "erasing"),
        *("journal", "attempts", "switches", "costs", "spending", "anchors", "aggregates", "erasures", "ratings"),
        *(
            "tokens",
            "sessions",
            "handled",
            "policies",
            "polls",
            "leases",
            "location_profiles",
            "notification_preferences",
            "forecasts",
        ),
        *("watched", "alerts", "lanes", "watch_marks", "proactive", "links", "reached"),
    )
)
"""Ids, amounts, states and moments; `tokens`, `switches`, `handled`, `policies` name the shop's people."""

FILES: Mapping[str, str] = {
    "wismo.db": "the database",
    "wismo.db-wal": "its latest writes; emptied by an erasure",
    "wismo.db-shm": "its index of them",
    "wismo.lock": "empty",
    "wismo.migrating": "empty",
    "wismo.db.moved": "what was moved to PostgreSQL; an erasure names it, remove it when you trust the move",
    "running.lock": "empty",
    "starting.json": "which steps of wismo init were done; file names and counts, nobody's words",
    "backups": "copies of the home by upgrades and wismo init; an erasure names those that still hold the person",
    "labels.jsonl": "verdicts of the shop's own people on conversations, by id; nobody's words",
    "outgoing-mail": "letters as files; a person's are removed",
    "labels": "labels of parcels; a person's are removed",
    "outgoing-edi": "answers to partners: order numbers and articles, nobody's words",
    "rates.csv": "the shop's own",
    "systems": "files for and from the shop's other systems; a person's are removed",
    "journal-anchors.jsonl": "hashes by day",
    "shop.toml": "the shop's own, as is what wismo init keeps of it beside: shop.before-….toml",
    "knowledge": "help pages",
    "runs": "figures of evaluations, kept for the desk",
    "learned": "what was accepted of solved tickets; written anew after an erasure",
    "api_token": "a secret of the shop",
    "helpdesks.env": "secrets of the shop",
    "identity_key": "a secret of the shop",
    "token_keys": "secrets of the shop",
    "demo-tickets.json": "the demo's people, who do not exist",
}
"""What lies in the home folder."""


def every_table() -> Iterator[Table]:
    for metadata in (order_tables, agent_tables, connector_tables, api_tables):
        yield from metadata.sorted_tables


def table(name: str) -> Table:
    return next(one for one in every_table() if one.name == name)

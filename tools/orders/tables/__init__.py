"""The core's tables, by subject. Names and meaning follow the order core's domain model; views.py reads them.

catalogue    customers, what they want to be told of, payment methods, products, variants, bundles
stock        locations with what routing knows of them, levels, movements, reservations
sale         orders, lines
money        payments, provider transactions, ledger, refunds, credit notes
fulfilment   work of a location, parcels, scans
aftersale    returns, exchanges, claims, withdrawals
watching     what the watch saw: alerts, lanes
platform     events, outbox, commands, counters, the guard of erasures
"""

from tools.orders.tables.aftersale import claims, exchanges, return_lines, returns, withdrawals
from tools.orders.tables.base import IMMUTABLE, immutability, metadata
from tools.orders.tables.catalogue import (
    bundle_components,
    customers,
    notification_preferences,
    payment_methods,
    products,
    variants,
)
from tools.orders.tables.fulfilment import (
    fulfillment_lines,
    fulfillment_orders,
    shipment_lines,
    shipments,
    tracking_events,
)
from tools.orders.tables.money import (
    credit_notes,
    ledger_entries,
    ledger_transactions,
    payment_transactions,
    payments,
    refund_allocations,
    refund_lines,
    refunds,
)
from tools.orders.tables.platform import commands, counters, erasing, events, outbox
from tools.orders.tables.sale import order_lines, orders
from tools.orders.tables.stock import (
    BUCKETS,
    location_profiles,
    locations,
    reservations,
    stock_levels,
    stock_movements,
)
from tools.orders.tables.watching import alerts, lanes, watch_marks, watched

__all__ = [
    "BUCKETS",
    "IMMUTABLE",
    "alerts",
    "bundle_components",
    "claims",
    "commands",
    "counters",
    "credit_notes",
    "customers",
    "erasing",
    "events",
    "exchanges",
    "fulfillment_lines",
    "fulfillment_orders",
    "immutability",
    "lanes",
    "ledger_entries",
    "ledger_transactions",
    "location_profiles",
    "locations",
    "metadata",
    "notification_preferences",
    "order_lines",
    "orders",
    "outbox",
    "payment_methods",
    "payment_transactions",
    "payments",
    "products",
    "refund_allocations",
    "refund_lines",
    "refunds",
    "reservations",
    "return_lines",
    "returns",
    "shipment_lines",
    "shipments",
    "stock_levels",
    "stock_movements",
    "tracking_events",
    "variants",
    "watch_marks",
    "watched",
    "withdrawals",
]

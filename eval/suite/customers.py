"""The customers that every case has. All invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ADDRESSES: Mapping[str, Mapping[str, str]] = {
    "FR": {"line1": "8 rue Pasteur", "city": "Lyon", "zip": "69007", "country": "FR"},
    "BE": {"line1": "21 rue du Moulin", "city": "Bruxelles", "zip": "1050", "country": "BE"},
    "DE": {"line1": "Lindenstraße 14", "city": "Berlin", "zip": "10969", "country": "DE"},
    "ES": {"line1": "Calle Mayor 5", "city": "Madrid", "zip": "28013", "country": "ES"},
    "GB": {"line1": "3 Mill Lane", "city": "London", "zip": "SW1A 1AA", "country": "GB"},
    "IE": {"line1": "9 Church Street", "city": "Dublin", "zip": "D02 X285", "country": "IE"},
    "US": {"line1": "40 Station Road", "city": "Austin", "state": "TX", "zip": "78701", "country": "US"},
}
CUSTOMERS: Mapping[str, Mapping[str, str]] = {
    "ana": {"name": "Ana Lee", "email": "ana@example.com", "language": "en", "country": "FR"},
    "bob": {"name": "Bob Ray", "email": "bob@example.com", "language": "en", "country": "FR"},
    "camille": {"name": "Camille Roux", "email": "camille@example.com", "language": "fr", "country": "FR"},
    "hugo": {"name": "Hugo Petit", "email": "hugo@example.com", "language": "fr", "country": "BE"},
    "lucia": {"name": "Lucía Ortega", "email": "lucia@example.com", "language": "es", "country": "ES"},
    "jonas": {"name": "Jonas Weber", "email": "jonas@example.com", "language": "de", "country": "DE"},
    "grace": {"name": "Grace Hall", "email": "grace@example.com", "language": "en", "country": "GB"},
    "dana": {"name": "Dana Cole", "email": "dana@example.com", "language": "en", "country": "US"},
}


def record(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A customer in the import format."""
    known = {key: given[key] for key in ("name", "email", "language")}
    methods = [dict(one) for one in given.get("payment_methods", ())]
    return {"id": name, **known, "address": dict(ADDRESSES[given["country"]]), "payment_methods": methods}

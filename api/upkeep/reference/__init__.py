"""Documentation made from the code. `python -m api.upkeep.reference` writes it; tests compare every page.

core.py       rules, states and commands of the order core
shop_toml.py  every key of shop.toml
variables.py  every environment variable
commands.py   the command line
routes.py     the HTTP API
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from api.upkeep.reference import commands, routes, shop_toml, variables
from api.upkeep.reference.core import orders_page, rules_page

Make = Callable[[str], str]
"""The page as the code has it, given what is written; most pages are made whole."""
PAGES: Mapping[str, Make] = {
    "docs/rules.md": lambda _: rules_page(),
    "docs/orders.md": orders_page,
    "docs/reference/shop-toml.md": lambda _: shop_toml.page(),
    "docs/reference/settings.md": lambda _: variables.page(),
    "docs/reference/command-line.md": lambda _: commands.page(),
    "docs/reference/api.md": lambda _: routes.page(),
}


def write(root: Path) -> None:
    for name, make in PAGES.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(make(file.read_text(encoding="utf-8") if file.exists() else ""), encoding="utf-8")


__all__ = ["PAGES", "orders_page", "rules_page", "write"]

"""What leaves for providers, customers and other systems, and what is mirrored from the shop's own: for wiring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import structlog

from agent.update_letter import of_update
from api.connected import commerce
from connectors.carriers.sandbox import SandboxCarrier
from connectors.delivery import Carrier
from connectors.errors import ConnectorError
from connectors.mail.spool import Spool
from connectors.mail.updates import Updates
from connectors.payments.asking import KINDS, Asking
from connectors.shops.acting import Acting
from connectors.shops.mirror import Mirror
from connectors.shops.shopify import Shopify
from connectors.shops.shopify_acts import ShopifyActs
from connectors.shops.shopify_bulk import Bulk
from connectors.worker import Handler
from tools.orders import mastered, notices, published
from tools.orders.model import Customer, Order

if TYPE_CHECKING:
    from api.wiring import House

log = structlog.get_logger()


class Buying:
    """Of one house; each part is built when it is first asked for."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._mirrored = datetime.min.replace(tzinfo=UTC)

    @cached_property
    def shopify(self) -> Shopify | None:
        """The shop's own system, when one is connected."""
        return commerce.shopify(self._house.now, self._house.settings.home)

    @cached_property
    def mirror(self) -> Mirror | None:
        house = self._house
        return Mirror(house.database, self.shopify, "shopify", house.now) if self.shopify else None

    @contextmanager
    def bulk(self) -> Iterator[Bulk]:
        """All orders in one file; only where a shop is connected."""
        assert self.shopify
        file = Bulk(self.shopify, commerce.ShopifySettings.of(self._house.settings.home).url)
        try:
            yield file
        finally:
            file.close()

    def carriers(self) -> dict[str, Carrier]:
        """By the kind of an outbox message. Letters are kept as files while no mail server is connected."""
        house = self._house
        asking = Asking(house.orders, commerce.payments(house.settings.home, self.shopify))
        spool = Spool(house.settings.home / "outgoing-mail")
        carriers: dict[str, Carrier] = dict.fromkeys(KINDS, asking.carry)
        carriers["customer.withdrawal_acknowledged"] = spool.write
        carriers[notices.KIND] = Updates(
            house.orders, self._written, house.mail.send if house.mail else spool.write
        ).carry
        if self.shopify:
            acting = Acting(self.shopify, ShopifyActs(self.shopify), house.orders)
            carriers |= dict.fromkeys(mastered.KINDS, acting.carry)
        publisher = commerce.publisher(house.now)
        return carriers | ({published.KIND: publisher.carry} if publisher else {})

    def _written(self, body: Mapping[str, object], order: Order, customer: Customer) -> Mapping[str, str]:
        return of_update(body, order, customer, self._house.policy)

    def handlers(self) -> dict[str, Handler]:
        return commerce.handlers(commerce.Reach(self._house.orders, self.mirror))

    def minutely(self) -> None:
        SandboxCarrier(self._house.orders, self._house.now).run_once()
        self._mirror_now_and_then()

    def _mirror_now_and_then(self) -> None:
        """What the shop changed and no webhook told."""
        now = self._house.now()
        if self.mirror is None or now - self._mirrored < timedelta(seconds=self._house.settings.poll_seconds):
            return
        self._mirrored = now
        try:
            made = self.mirror.run()
        except ConnectorError as error:
            log.warning("mirror.not_asked", error=f"{type(error).__name__}: {error}")
            return
        if made.conflicts or made.quarantined:
            log.warning("mirror.for_a_person", conflicts=len(made.conflicts), quarantined=len(made.quarantined))

    def close(self) -> None:
        if self.__dict__.get("shopify"):
            self.__dict__["shopify"].close()

"""django-oscar places orders: begun by `wismo bench orders --peer PYTHON`, a Python that has django-oscar installed.

Lines in: how many orders to place. Lines out: their seconds, as a JSON list. The order is ours: three lines of a
hundred variants, one customer, an address, a payment source; stock is allocated; one transaction on SQLite as we open
it (WAL, synchronous FULL).
"""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

SKUS = 100
DJANGO = tuple(f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "sites", "flatpages"))
DASHBOARDS = (
    *("reports.apps.ReportsDashboardConfig", "users.apps.UsersDashboardConfig", "orders.apps.OrdersDashboardConfig"),
    *("catalogue.apps.CatalogueDashboardConfig", "offers.apps.OffersDashboardConfig"),
    *("partners.apps.PartnersDashboardConfig", "pages.apps.PagesDashboardConfig", "ranges.apps.RangesDashboardConfig"),
    *("reviews.apps.ReviewsDashboardConfig", "vouchers.apps.VouchersDashboardConfig"),
    *("communications.apps.CommunicationsDashboardConfig", "shipping.apps.ShippingDashboardConfig"),
)
APPS = (
    *("analytics.apps.AnalyticsConfig", "checkout.apps.CheckoutConfig", "address.apps.AddressConfig"),
    *(
        "shipping.apps.ShippingConfig",
        "catalogue.apps.CatalogueConfig",
        "catalogue.reviews.apps.CatalogueReviewsConfig",
    ),
    *("communication.apps.CommunicationConfig", "partner.apps.PartnerConfig", "basket.apps.BasketConfig"),
    *("payment.apps.PaymentConfig", "offer.apps.OfferConfig", "order.apps.OrderConfig", "customer.apps.CustomerConfig"),
    *("search.apps.SearchConfig", "voucher.apps.VoucherConfig", "wishlists.apps.WishlistsConfig"),
    *("dashboard.apps.DashboardConfig", *(f"dashboard.{name}" for name in DASHBOARDS)),
)
BESIDE = ("widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "django_tables2")


def configured(folder: Path) -> None:
    import django
    from django.conf import settings
    from oscar import defaults as oscar

    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(folder / "oscar.db"),
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
        },
    }
    settings.configure(
        **{name: getattr(oscar, name) for name in dir(oscar) if name.startswith("OSCAR_")},
        SECRET_KEY="bench",  # noqa: S106 - of a folder that goes
        DATABASES={"default": database},
        INSTALLED_APPS=[*DJANGO, "oscar.config.Shop", *(f"oscar.apps.{app}" for app in APPS), *BESIDE],
        SITE_ID=1,
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        MIDDLEWARE=["oscar.apps.basket.middleware.BasketMiddleware"],
        USE_TZ=True,
    )
    django.setup()


class Shop:
    """A hundred tracked variants and one customer."""

    def __init__(self) -> None:
        from django.contrib.auth.models import User
        from django.core.management import call_command
        from oscar.core.loading import get_model

        call_command("migrate", verbosity=0)
        self.user = User.objects.create_user("ana", "ana@example.com")
        country = get_model("address", "Country").objects.create(
            iso_3166_1_a2="FR", printable_name="France", name="France", is_shipping_country=True
        )
        self.address = {"first_name": "Ana", "line1": "8 rue Pasteur", "line4": "Lyon", "postcode": "69007"}
        self.country = country
        kind = get_model("catalogue", "ProductClass").objects.create(name="Thing", track_stock=True)
        partner = get_model("partner", "Partner").objects.create(name="Us")
        self.products = []
        for number in range(SKUS):
            product = get_model("catalogue", "Product").objects.create(title=f"Thing {number}", product_class=kind)
            get_model("partner", "StockRecord").objects.create(
                product=product,
                partner=partner,
                partner_sku=f"sku-{number:03}",
                price=Decimal("19.90"),
                num_in_stock=1_000_000,
            )
            self.products.append(product)

    def place(self, number: int) -> float:
        """Seconds, from a basket that the customer filled to the paid order."""
        from django.db import transaction
        from oscar.apps.shipping.methods import Free
        from oscar.core.loading import get_class, get_model

        basket = self._basket(number)
        calculator = get_class("checkout.calculators", "OrderTotalCalculator")()
        creator = get_class("order.utils", "OrderCreator")()
        started = time.perf_counter()
        with transaction.atomic():
            address = get_model("order", "ShippingAddress").objects.create(country=self.country, **self.address)
            charge = Free().calculate(basket)
            order = creator.place_order(
                basket=basket,
                total=calculator.calculate(basket, charge),
                shipping_method=Free(),
                shipping_charge=charge,
                user=self.user,
                shipping_address=address,
                order_number=str(100_000 + number),
            )
            kind, _ = get_model("payment", "SourceType").objects.get_or_create(name="card")
            source = get_model("payment", "Source").objects.create(order=order, source_type=kind, currency="EUR")
            source.allocate(order.total_incl_tax, reference=f"ref-{number}")
            basket.submit()
        return time.perf_counter() - started

    def _basket(self, number: int) -> Any:
        from oscar.core.loading import get_class, get_model

        basket = get_model("basket", "Basket").objects.create(owner=self.user)
        basket.strategy = get_class("partner.strategy", "Default")()
        for product in Random(number * 31).sample(self.products, 3):
            basket.add_product(product, 1)
        return basket


def main(folder: Path) -> None:
    configured(folder)
    shop, number = Shop(), 0
    print("ready", flush=True)  # noqa: T201 - read by who began this
    for line in sys.stdin:
        count = int(line)
        print(json.dumps([shop.place(number + each) for each in range(count)]), flush=True)  # noqa: T201
        number += count


if __name__ == "__main__":
    main(Path(sys.argv[1]))

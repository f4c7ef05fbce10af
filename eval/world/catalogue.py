"""What the demo shop sells. Prices in euro cents."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One product; its variants are the combinations of its options. `step` is added per option place."""

    id: str
    name: str
    price: int
    options: dict[str, tuple[str, ...]]
    step: int = 0
    returnable: bool = True

    def variants(self) -> list[dict[str, Any]]:
        names = list(self.options)
        every = list(product(*self.options.values()))
        return [self._variant(dict(zip(names, values, strict=True)), place) for place, values in enumerate(every)]

    def _variant(self, options: dict[str, str], place: int) -> dict[str, Any]:
        price = self.price + self.step * (place % max(len(next(iter(self.options.values()), ("",))), 1))
        tail = "-".join(value.lower().replace(" ", "") for value in options.values())
        sku = f"{self.id}-{tail}" if tail else self.id
        return {
            "sku": sku,
            "options": options,
            "price": f"{price / 100:.2f}",
            "available": (place * 7 + len(self.id)) % 11 != 3,
        }


SIZES = ("S", "M", "L", "XL")
ITEMS = (
    Item(
        "duvet",
        "Linen duvet cover",
        8900,
        {"size": ("140x200", "200x200", "240x220"), "color": ("sand", "sage", "white")},
        1500,
    ),
    Item("pillow", "Linen pillowcase", 2400, {"size": ("50x70", "65x65"), "color": ("sand", "sage", "white")}),
    Item("topper", "Mattress topper", 14900, {"size": ("90x200", "140x200", "160x200")}, 3000, returnable=False),
    Item("throw", "Wool throw", 6900, {"color": ("grey", "rust", "ivory")}),
    Item("towel", "Bath towel", 2200, {"color": ("white", "navy", "ochre", "sage")}),
    Item("towelset", "Towel set", 5400, {"color": ("white", "navy")}),
    Item("robe", "Waffle bathrobe", 6500, {"size": SIZES}),
    Item("kettle", "Enamel kettle", 5900, {"color": ("cream", "forest")}),
    Item("mugs", "Stoneware mug set", 3800, {"color": ("blue", "speckled")}),
    Item("plates", "Dinner plate set", 6400, {"color": ("white", "speckled")}),
    Item("carafe", "Glass carafe", 2900, {}),
    Item("knife", "Kitchen knife", 4500, {"length": ("15 cm", "20 cm")}, 800),
    Item("pan", "Cast iron pan", 7900, {"size": ("24 cm", "28 cm")}, 1200),
    Item("board", "Oak cutting board", 3900, {"size": ("small", "large")}, 1400),
    Item("lamp", "Paper table lamp", 5200, {"color": ("white", "terracotta")}),
    Item("floorlamp", "Floor lamp", 12900, {"color": ("black", "brass")}, 1000),
    Item("shade", "Rattan lampshade", 4400, {}),
    Item("candle", "Scented candle", 2600, {"scent": ("fig", "cedar", "orange blossom")}),
    Item("jumper", "Merino jumper", 8500, {"size": SIZES, "color": ("navy", "oatmeal")}),
    Item("cardigan", "Alpaca cardigan", 11900, {"size": SIZES}),
    Item("scarf", "Cashmere scarf", 7900, {"color": ("camel", "grey", "burgundy")}),
    Item("beanie", "Ribbed beanie", 2900, {"color": ("navy", "mustard")}),
    Item("socks", "Wool socks", 1600, {"size": ("36-39", "40-43", "44-46")}),
    Item("tote", "Canvas tote bag", 3200, {"color": ("natural", "black")}),
    Item("backpack", "Waxed backpack", 12400, {"color": ("olive", "black")}),
    Item("pouch", "Leather pouch", 4800, {"color": ("tan", "black")}),
    Item("earrings", "Brass earrings", 2700, {"shape": ("drop", "hoop")}, returnable=False),
    Item("vase", "Ceramic vase", 3600, {"size": ("small", "tall")}, 1100),
    Item("basket", "Seagrass basket", 3400, {"size": ("small", "large")}, 900),
    Item("rug", "Cotton rug", 9900, {"size": ("60x90", "120x180")}, 6000),
    Item("giftcard", "Gift card", 5000, {}, returnable=False),
)


def products() -> list[dict[str, Any]]:
    """In the import format."""
    return [{"id": one.id, "name": one.name, "returnable": one.returnable, "variants": one.variants()} for one in ITEMS]


def variants_of(product: dict[str, Any]) -> int:
    return len(product["variants"])

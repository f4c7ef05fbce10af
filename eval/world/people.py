"""The demo shop's customers: invented names and streets, real postcodes' shapes."""

from __future__ import annotations

from random import Random
from typing import Any

FIRST = {
    "fr": [
        "Camille",
        "Léa",
        "Chloé",
        "Manon",
        "Inès",
        "Jade",
        "Louise",
        "Alice",
        "Hugo",
        "Lucas",
        "Nathan",
        "Louis",
        "Jules",
        "Adam",
        "Arthur",
        "Raphaël",
        "Gabriel",
        "Zoé",
        "Élise",
        "Margaux",
    ],
    "en": [
        "Ana",
        "Olivia",
        "Amelia",
        "Grace",
        "Ruby",
        "Ella",
        "Mia",
        "Noah",
        "Oliver",
        "George",
        "Leo",
        "Arthur",
        "Harry",
        "Jack",
        "Emily",
        "Sophie",
        "Daniel",
        "James",
        "Lucy",
        "Ben",
    ],
}
LAST = {
    "fr": [
        "Martin",
        "Bernard",
        "Dubois",
        "Thomas",
        "Robert",
        "Petit",
        "Durand",
        "Leroy",
        "Moreau",
        "Simon",
        "Laurent",
        "Lefebvre",
        "Michel",
        "Garcia",
        "Roux",
        "Fontaine",
        "Chevalier",
        "Girard",
    ],
    "en": [
        "Lee",
        "Smith",
        "Jones",
        "Taylor",
        "Brown",
        "Wilson",
        "Evans",
        "Walker",
        "Wright",
        "Hall",
        "Green",
        "Hughes",
        "Edwards",
        "Clarke",
        "Patel",
        "Murphy",
        "Kelly",
        "Byrne",
    ],
}
PLACES = (
    ("fr", "Lyon", "6900{}", "", "FR", 9),
    ("fr", "Paris", "7500{}", "", "FR", 9),
    ("fr", "Nantes", "4400{}", "", "FR", 3),
    ("fr", "Lille", "5900{}", "", "FR", 2),
    ("fr", "Bordeaux", "3300{}", "", "FR", 3),
    ("fr", "Bruxelles", "10{}0", "", "BE", 8),
    ("en", "London", "SW1A {}AA", "", "GB", 9),
    ("en", "Manchester", "M{} 4BT", "", "GB", 9),
    ("en", "Dublin", "D0{} X285", "", "IE", 8),
    ("en", "Austin", "7870{}", "TX", "US", 5),
    ("en", "Portland", "9720{}", "OR", "US", 5),
)
STREETS = {
    "fr": [
        "rue des Lilas",
        "avenue Jean Jaurès",
        "rue du Moulin",
        "place de la Mairie",
        "rue Pasteur",
        "quai des Tanneurs",
    ],
    "en": ["High Street", "Station Road", "Mill Lane", "Church Street", "Park Avenue", "Orchard Road"],
}


def customers(random: Random, count: int) -> list[dict[str, Any]]:
    """In the import format; e-mails are unique, two thirds write French."""
    return [_customer(random, number) for number in range(1, count + 1)]


def _customer(random: Random, number: int) -> dict[str, Any]:
    language, city, code, state, country, most = random.choice(PLACES[:6] * 2 + PLACES[6:])
    first, last = random.choice(FIRST[language]), random.choice(LAST[language])
    house = random.randint(1, 180)
    street = random.choice(STREETS[language])
    return {
        "id": f"c{number:04d}",
        "name": f"{first} {last}",
        "email": f"{_plain(first)}.{_plain(last)}{number}@example.com",
        "language": language,
        "address": {
            "line1": f"{house} {street}",
            "city": city,
            "state": state,
            "zip": code.format(random.randint(1, most)),
            "country": country,
        },
    }


def _plain(name: str) -> str:
    return name.lower().translate(str.maketrans("éëïçèêü", "eeiceeu"))

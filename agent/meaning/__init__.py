"""What the customer's words mean in their own record: orders, lines, variants, addresses, means of payment.

    words.py      a text as folded words; the closed lists of a language (en.toml, fr.toml)
    items.py      lines of an order, with units
    orders.py     which orders: named, all of a kind, by item, by place, the newest
    variants.py   another variant of a line's product
    payment.py    a means of payment
    places.py     an address that is not spelled out ("my Chicago address")

Pure: the record comes in as facts. Nothing here is read from a database, and nothing is permitted here.
"""

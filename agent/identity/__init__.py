"""Who asks, and how that was proven: the ladder of DESIGN section 4, rule 2. Nothing here reads a brain's output.

hashing    addresses and codes are kept as keyed hashes only
attempts   how often a proof may be tried, by session, network address, customer and everyone together
codes      one-time codes by mail
tokens     the shop's signed tokens (JWT)
matching   order number with e-mail or postcode, where the shop switched it on
ladder     all of them as one: an incoming message to a caller
"""

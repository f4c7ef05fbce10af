"""How Wismo thinks: the path of a ticket, its steps, the brains, the policy, the journal.

What may be done to an order is decided in tools/orders; how a message arrives and leaves is connectors' and api's.
"""

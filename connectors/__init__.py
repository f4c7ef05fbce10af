"""Our words and a vendor's: helpdesks, payment providers; the inbox, the worker, the delivery of the outbox.

No rule and no thinking here; httpx lives here and nowhere else.
"""

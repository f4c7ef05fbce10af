"""The verbs of the core, one subject a file. Each runs inside the caller's transaction and tells what happened.

No verb decides whether it may run: quotes.py and rules.py did, in the same transaction.
"""

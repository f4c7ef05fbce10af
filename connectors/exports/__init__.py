"""Solved tickets out of helpdesks' exports: one module a vendor, and our own JSON Lines. Nothing is fetched here.

records     the file to records with their line, as a stream
reading     a record to a ticket: detects the vendor, tells which tickets nothing can be learned from
zendesk, intercom, freshdesk, jsonl     one record of that vendor
"""

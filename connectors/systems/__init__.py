"""The shop's other systems (ERP, OMS, WMS, CRM, accounting) as shop.toml declares them: agent/systems says how.

fields.py    our record under their names         sending.py   by REST, signed webhook or file, from the outbox
rows.py      their record as a command of ours    taking.py    by webhook, poll or file, through the inbox
Which vendor it is nobody here knows.
"""

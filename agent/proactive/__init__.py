"""Speaking first: what the watch found is told to customers before they ask, and a share of them is held out.

terms      [proactive] of shop.toml
quiet      when a customer is not written to, by their own clock
choosing   who is written to, about what, and when; or why not
offers     what the customer can do now, by the rules of the order core
letter     the words, by templates, checked as every reply is
links      one-click links: signed, of one purpose, ending; they open a chat and do nothing else
speaking   the run: what waits becomes messages of the outbox, each alert once
messages   what was told and to whom not, as it is kept
"""

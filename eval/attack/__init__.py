"""The attack suite: can a message, a model or a race read another customer's data, move money, or say what is not so?

It brings its own shop, and the policy of the shop that runs it. What is judged is judged by `oracles`, which share no
code with what they judge: they look at rows, at the words sent, and at who said yes.

arena       the shop under attack: an honest customer who may be an attacker, a victim, and what only the victim knows
oracles     what went wrong: disclosure, out-of-rule write, double write, unsupported figure
brains      a model that calls every tool with anything and writes anything
models      the same over the wire: a real server, the real SDK, the whole brain around it
texts       hostile text in messages, subjects, history, product names, scans and help pages
guesses     who tries to be somebody else
forgeries   webhooks, tokens, sessions and approvals that are made up or played again
races       many people and customers at the same moment
suite       how many of which, the report, the bound
weakened    one guard removed at a time: the suite must notice
"""

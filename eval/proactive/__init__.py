"""What speaking first came to: how good the watch is, and what it saved against customers held out.

holdout    contacts per 100 orders of both arms, and the effect with an interval that knows of customers who write often
judging    the watch against what came true: precision, recall, lead time, wrong promises
figures    all of it for a period, from the tables
chain      from what is foreseen to contacts that did not come, step by step
world      a simulated carrier and shop whose truth is known
playing    the watch and the voice over that world, hour by hour
"""

"""What Wismo knows of the shop's own help text: load, chunk, embed, index, search.

It imports nothing else of Wismo. What to do with a passage (answer, ask, hand over) is the agent's decision;
vendors' APIs live in connectors.
"""

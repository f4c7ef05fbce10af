"""How a language model takes part: asked in the open, bounded, its answers checked. It permits and changes nothing.

asking      one question to a model: budget, breaker, one repair, and what it cost
breaker     a server that is down is left alone for a while
pricing     tokens to money
prompting   the versioned prompts of agent/prompts, and the fences around text from outside
reading     triage: the message as typed requests
looking     investigation: tool calls of the registry's own tools, what came back as a transcript
writing     the reply: words around placeholders
recording   model traffic kept and played again
"""

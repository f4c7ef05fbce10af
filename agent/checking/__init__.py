"""Is what a reply says so? Every figure, date, name, link, state and promise against the record it is written from.

`check_draft` for drafts, in which facts stand as placeholders and all else must be quoted from a cited passage;
`check_text` for finished text of a person or another program. Both give problems, and an empty tuple is a yes.

lexicon     the words of a language that give a place its meaning: agent/replies/<language>/checking.toml
reading     sentences, clauses, and what is mentioned in them: placeholders, or figures and dates in plain text
record      what is true of an order, and of what was done in this turn
places      the right fact in the right place, of one order at a time
states      what is said to have happened, and its denial
cases       what a reply of a case may lean on; finished: what finished text about orders may
literals    figures, dates, links, number words and promises that no passage and no fact bears out
"""

from agent.checking.check import check_draft, check_text
from agent.checking.finished import context_for
from agent.checking.problem import Problem
from agent.checking.record import Context, Record

__all__ = ["Context", "Problem", "Record", "check_draft", "check_text", "context_for"]

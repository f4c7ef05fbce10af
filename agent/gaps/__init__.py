"""Gaps: what kept Wismo from answering, seen in the journal alone. Read: kinds, observing, grouping, rehearsal.

Nothing is stored and nothing is counted on the side: a gap is derived from the journal whenever it is asked for.
"""

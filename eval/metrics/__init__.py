"""Figures over conversations: pure functions, so that any past period can be computed again (docs/metrics.md).

What asks the journal and the order core is in from_journal and from_core; how figures look is not here: api/cli and
eval/report show them.

intervals     shares with their intervals, the bound after no failure
populations   inbound ≥ meaningful ≥ eligible ≥ involved ≥ answered; what a turn is
contacts      who came back with the same wish
resolution    confirmed, contained, verified; the life of a resolution; a period as it was known then
definitions   the same conversations under other rules
deflection    plain, and against a holdout
handoffs      what people got with a hand-off
passk         the same task several times
calibration   predicted and realised, by intent
summary       all of it, for a report
thinking      what language models did, by step and day
volume        turns by how they ended, and gaps: what is frozen daily
"""

from eval.metrics.volume import Gap, Volume, figures, gaps, volume

__all__ = ["Gap", "Volume", "figures", "gaps", "volume"]

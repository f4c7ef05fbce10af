"""The path of a ticket. Read top to bottom: this is all that happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.case import Act, Approve, Case
from tools.orders import watch

Added = dict[str, Any]
Step = Callable[[Case], Added]
if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph

    Path = CompiledStateGraph[Case, None, Case, Case]


@dataclass(frozen=True, slots=True)
class Steps:
    """The six verbs, already given what they need (brain, tools, policy, core)."""

    triage: Step
    investigate: Step
    decide: Step
    act: Step
    write: Step
    check: Step

    def in_order(self) -> Iterator[tuple[str, Any]]:
        for name in ("triage", "investigate", "decide", "act", "write", "check"):
            yield name, getattr(self, name)


def build(steps: Steps) -> Path:
    from langgraph.graph import END, START, StateGraph  # a third of the start of any command that has no ticket

    graph = StateGraph(Case)
    for name, step in steps.in_order():
        graph.add_node(name, watched(name, step))
    graph.add_edge(START, "triage")
    graph.add_edge("triage", "investigate")
    graph.add_conditional_edges("investigate", more_to_read, {"more": "investigate", "enough": "decide"})
    graph.add_conditional_edges("decide", anything_to_do, {"act": "act", "only tell": "write"})
    graph.add_edge("act", "write")
    graph.add_edge("write", "check")
    graph.add_conditional_edges("check", verdict, {"sent": END, "rewrite": "write", "hand_off": END})
    return graph.compile()


def watched(name: str, step: Any) -> Any:
    """The step, seen by whoever measures or traces."""

    def taken(case: Case) -> Added:
        with watch.work("step", step=name):
            added: Added = step(case)
            return added

    return taken


def more_to_read(case: Case) -> str:
    return "enough" if case["facts"].complete else "more"


def anything_to_do(case: Case) -> str:
    return "act" if any(isinstance(decision, Act | Approve) for decision in case["decisions"]) else "only tell"


def verdict(case: Case) -> str:
    return case["reply"].verdict


def empty_path(nodes: int = 6) -> Path:
    """A line of nodes that do nothing: the floor that `wismo bench ticket` measures the path against."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(Case)
    nothing: Any = _nothing
    names = [f"node{number}" for number in range(nodes)]
    for name in names:
        graph.add_node(name, nothing)
    for before, after in zip((START, *names), (*names, END), strict=True):
        graph.add_edge(before, after)
    return graph.compile()


def _nothing(_: Case) -> Added:
    return {}


def diagram() -> str:
    """The path as Mermaid, drawn from the compiled graph; the README holds exactly this."""
    return build(Steps(*(_nothing,) * 6)).get_graph().draw_mermaid()

"""The same figures again, by somebody who has only read the definitions: plain loops over dicts, seconds since 1970.

Nothing here is taken from eval.metrics. What is slow or said twice is meant so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from eval.conversation import Conversation

HOUR = 3600.0
WINDOWS = {"24h": 24 * HOUR, "72h": 72 * HOUR, "7d": 168 * HOUR}
CHAT = ["greeting", "thanks", "affirm", "deny", "praise"]
Dict = dict[str, Any]


def plain(conversations: Iterable[Conversation], now: datetime) -> list[Dict]:
    """What was known by then, with every moment as seconds."""
    end, found = now.timestamp(), []
    for one in conversations:
        kept = asdict(one)
        kept["turns"] = [dict(turn, at=turn["at"].timestamp()) for turn in kept["turns"]]
        kept["turns"] = [turn for turn in kept["turns"] if turn["at"] <= end]
        kept["turns"].sort(key=lambda turn: turn["at"])
        for name in ("closed_by_person", "reversed_at"):
            kept[name] = kept[name].timestamp() if kept[name] else None
            if kept[name] is not None and kept[name] > end:
                kept[name] = None
        if kept["turns"]:
            kept["began"] = kept["turns"][0]["at"]
            found.append(kept)
    for kept in found:
        kept["real"] = [turn for turn in kept["turns"] if not turn["machine"]]
    return found


def wants(turn: Dict) -> list[str]:
    return [r["intent"] for r in turn["requests"] if r["intent"] not in CHAT] if turn["kind"] == "message" else []


def all_wants(turn: Dict) -> list[str]:
    return [r["intent"] for r in turn["requests"] if r["intent"] not in CHAT]


def triable(turn: Dict) -> bool:
    if turn["kind"] != "message":
        return False
    for r in turn["requests"]:
        if r["intent"] not in CHAT and r["in_scope"] and r["rule"] != "ROL-1" and r["rule"] != "ROU-1":
            return True
    return False


def answers(turn: Dict) -> bool:
    if not turn["sent"]:
        return False
    for r in turn["requests"]:
        if r["in_scope"] and r["disposition"] == "acted":
            return True
        if r["in_scope"] and r["disposition"] == "answered" and r["intent"] not in CHAT:
            return True
    return False


def needs_person(turn: Dict) -> bool:
    if turn["kind"] == "decision" or turn["handoff"] != "":
        return True
    for r in turn["requests"]:
        if r["disposition"] == "handed_off" or r["disposition"] == "queued":
            return True
    return not turn["sent"] and len(wants(turn)) > 0


def yes(turn: Dict) -> bool:
    if turn["kind"] != "message":
        return False
    affirmed = False
    for r in turn["requests"]:
        if r["intent"] not in CHAT or r["intent"] == "deny":
            return False
        if r["intent"] == "affirm" and r["disposition"] == "answered":
            affirmed = True
    return affirmed


def judge(found: list[Dict], now: datetime) -> None:
    """Writes into each conversation which population it is of, and when things happened to it."""
    end = now.timestamp()
    for c in found:
        c["now"] = end
        populations(c)
        times(c)
    by_key: dict[str, list[Dict]] = {}
    for c in found:
        if c["inbound"]:
            for key in keys(c):
                by_key.setdefault(key, []).append(c)
    for c in found:
        c["undone"] = undone(c, by_key)


def populations(c: Dict) -> None:
    c["inbound"] = not c["test"] and [t for t in c["real"] if t["kind"] == "message"] != []
    c["meaningful"] = c["inbound"] and [t for t in c["real"] if wants(t)] != []
    taken = c["meaningful"] and c["in_share"] and not c["holdout"]
    c["eligible"] = taken and [t for t in c["real"] if triable(t)] != []
    c["involved"] = c["eligible"] and [t for t in c["real"] if triable(t) and t["sent"]] != []
    c["answered"] = c["involved"] and [t for t in c["real"] if answers(t)] != []


def times(c: Dict) -> None:
    people = [t["at"] for t in c["real"] if needs_person(t)]
    if c["closed_by_person"] is not None:
        people.append(c["closed_by_person"])
    c["person"] = min(people) if people else None
    c["last"] = c["more"] = None
    c["confirmed"] = False
    if not c["answered"]:
        return
    place = [i for i, t in enumerate(c["real"]) if answers(t)][-1]
    c["last"] = c["real"][place]["at"]
    after = c["real"][place + 1 :]
    for t in after:
        if wants(t) and c["more"] is None:
            c["more"] = t["at"]
    said_yes = [t["at"] for t in after if yes(t)]
    if said_yes and c["more"] is None and (c["person"] is None or c["person"] > said_yes[0]):
        c["confirmed"] = True


def keys(c: Dict) -> set[str]:
    found = {"order " + order for order in c["orders"]}
    for t in c["real"]:
        found |= {"order " + order for order in t["orders"]}
    if c["customer"]:
        found.add("customer " + c["customer"])
    return found


def undone(c: Dict, by_key: dict[str, list[Dict]]) -> bool:
    """Reversed by the core, or come back for within 7 days of an answer after which it was quiet for 72 hours."""
    if not c["answered"]:
        return False
    if c["reversed_at"] is not None:
        return True
    others: dict[str, Dict] = {}
    for key in keys(c):
        for other in by_key.get(key, []):
            if other["id"] != c["id"]:
                others[other["id"]] = other
    intents: set[str] = set()
    for i, turn in enumerate(c["real"]):
        intents |= set(all_wants(turn))
        if not answers(turn):
            continue
        later = [t for t in c["real"][i + 1 :] if wants(t)]
        if later and later[0]["at"] - turn["at"] <= 72 * HOUR:
            continue
        for t in later:
            if t["at"] - turn["at"] <= 168 * HOUR and set(wants(t)) & intents:
                return True
        for other in others.values():
            for t in other["real"]:
                if 0 < t["at"] - turn["at"] <= 168 * HOUR and set(wants(t)) & intents:
                    return True
    return False


def broken(c: Dict, window: float) -> bool:
    moments = [moment for moment in (c["person"], c["more"]) if moment is not None]
    return moments != [] and min(moments) - c["last"] <= window


def quiet(c: Dict, window: float) -> bool:
    """The window has passed."""
    return bool(c["now"] - c["last"] > window)


def silent(c: Dict, window: float) -> bool:
    """Nobody, nor any machine, has written for longer than that."""
    return bool(c["now"] - c["turns"][-1]["at"] > window)


def contained(c: Dict, window: float) -> bool:
    if not c["answered"]:
        return False
    return bool(c["confirmed"]) or (quiet(c, window) and not broken(c, window))


def pending(c: Dict, window: float) -> bool:
    return bool(c["answered"]) and not c["confirmed"] and not quiet(c, window) and not broken(c, window)


def state(c: Dict) -> str:
    if pending(c, 72 * HOUR):
        return "pending"
    if not contained(c, 72 * HOUR):
        return ""
    if c["undone"]:
        return "reversed"
    return "settled" if quiet(c, 168 * HOUR) else "provisional"


def is_graded(c: Dict) -> bool:
    three = [c["grades"]["facts"], c["grades"]["end_state"], c["grades"]["answered"]]
    return False in three or None not in three


def is_verified(c: Dict) -> bool:
    three = [c["grades"]["facts"], c["grades"]["end_state"], c["grades"]["answered"]]
    return three == [True, True, True] and contained(c, 72 * HOUR) and not c["undone"]


def figures(found: list[Dict], since: datetime | None = None, until: datetime | None = None) -> Dict:
    """(hits, of) of every rate; conversations of the period in which they began."""
    chosen = []
    for c in found:
        if (since is None or c["began"] >= since.timestamp()) and (until is None or c["began"] < until.timestamp()):
            chosen.append(c)
    told: Dict = {name: sum(c[name] for c in chosen) for name in POPULATIONS}
    told["confirmed"] = sum(c["confirmed"] for c in chosen)
    for name, window in WINDOWS.items():
        over = [c for c in chosen if c["involved"] and silent(c, window)]
        told["contained " + name] = (sum(contained(c, window) for c in over), len(over))
    graded = [c for c in chosen if c["involved"] and silent(c, 72 * HOUR) and is_graded(c)]
    told["verified"] = (sum(is_verified(c) for c in graded), len(graded))
    looked = [c for c in graded if contained(c, 72 * HOUR)]
    told["false"] = (len([c for c in looked if not is_verified(c)]), len(looked))
    known = [c for c in chosen if c["inbound"] and silent(c, 72 * HOUR)]
    nobody_graded = not graded and [c for c in known if c["involved"]] != []
    told["automation"] = (0, 0) if nobody_graded else (sum(is_verified(c) for c in known), len(known))
    states = Counter(state(c) for c in chosen)
    told["states"] = {name: states[name] for name in ("pending", "provisional", "settled", "reversed")}
    told["definitions"] = definitions(chosen)
    return told


POPULATIONS = ("inbound", "meaningful", "eligible", "involved", "answered")


def definitions(chosen: list[Dict]) -> dict[str, tuple[int, int]]:
    involved = [c for c in chosen if c["involved"]]
    fin = [c for c in involved if c["answered"] and c["person"] is None and c["more"] is None]
    over = [c for c in involved if silent(c, 72 * HOUR)]
    zendesk = [c for c in over if c["answered"] and not broken(c, 72 * HOUR)]
    zendesk_graded = [c for c in over if c["grades"]["answered"] is not None]
    zendesk_verified = [c for c in zendesk if c["grades"]["answered"]]
    ada, ada_over = [], []
    for c in involved:
        three = [c["grades"]["answered"], c["grades"]["facts"], c["grades"]["policy"]]
        if False in three or None not in three:
            ada_over.append(c)
        if three == [True, True, True] and c["answered"] and c["person"] is None:
            ada.append(c)
    forethought = [c for c in involved if left_alone(c)]
    return {
        "fin": (len(fin), len(involved)),
        "zendesk_contained": (len(zendesk), len(over)),
        "zendesk_verified": (len(zendesk_verified), len(zendesk_graded)),
        "gorgias": gorgias(involved),
        "ada": (len(ada), len(ada_over)),
        "forethought_received": (len(forethought), sum(c["inbound"] for c in chosen)),
        "forethought_eligible": (len(forethought), sum(c["eligible"] for c in chosen)),
        "forethought_responded": (len(forethought), len(involved)),
    }


def left_alone(c: Dict) -> bool:
    if not c["answered"] or c["person"] is not None or (c["csat"] is not None and c["csat"] < 0.5):
        return False
    replied = False
    for t in c["real"]:
        if replied and t["kind"] == "message":
            return False
        replied = replied or t["sent"]
    return True


def gorgias(involved: list[Dict]) -> tuple[int, int]:
    heads: dict[str, Dict] = {}
    groups: list[list[Dict]] = []
    place: dict[str, int] = {}
    for c in sorted(involved, key=lambda c: (c["began"], c["id"])):
        who = c["customer"]
        if who and who in heads and c["began"] - heads[who]["began"] <= 72 * HOUR:
            groups[place[who]].append(c)
            continue
        groups.append([c])
        heads[who], place[who] = c, len(groups) - 1
    good = 0
    for group in groups:
        bad = [
            c for c in group if not c["answered"] or (c["person"] is not None and c["person"] - c["last"] <= 72 * HOUR)
        ]
        good += bad == []
    return good, len(groups)

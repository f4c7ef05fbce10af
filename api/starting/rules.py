"""The first step: what the shop answered, written into shop.toml; comments and all other values stay."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from agent import policy_text
from agent.policy import Policy, PolicyError, load_text
from agent.policy_text import CannotWrite, literal
from api.starting import Answers, Came, CannotUndo, Change, Declined, StepFailed, Told, Unfit
from api.starting.questions import ADDRESS, BY_NAME, Value, proposed
from api.wiring import House


def run(house: House, answers: Answers, told: Told) -> Came:
    """The file that was there stays beside the new one. Raises `StepFailed`, `Declined`."""
    path = house.shop_file
    with FileLock(path.with_suffix(".lock")):
        before = path.read_text(encoding="utf-8")
        policy, given = _standing(before, path), _checked(answers.rules)
        values = {key: value for key, value in _values(policy, given).items() if _now(policy, key) != value}
        lasting: dict[str, Any] = {"currency": given.get("currency", "")}
        if not values:
            return Came("answers", ("shop.toml says all of that already",), lasting)
        after = _written(before, values, path)
        if not told.agree([_change(policy, key, value) for key, value in values.items()]):
            raise Declined("shop.toml stays as it is")
        kept = _beside(path, house.now().strftime("%Y%m%dT%H%M%SZ"))
        kept.write_text(before, encoding="utf-8")
        _replace(path, after)
    house.reread()
    rules = "1 rule" if len(values) == 1 else f"{len(values)} rules"
    says = f"{rules} written to {path.name}", f"the file as it was: {kept.name}, beside it"
    return Came("answers", says, lasting | {"kept": kept.name, "wrote": _digest(after)})


def undo(house: House, lasting: Mapping[str, Any], _: Told) -> str:
    """Raises `CannotUndo`."""
    path = house.shop_file
    if "kept" not in lasting:
        return "there was nothing to take back: shop.toml was not changed"
    kept = path.with_name(lasting["kept"])
    with FileLock(path.with_suffix(".lock")):
        if not kept.exists():
            raise CannotUndo(f"{kept} is gone; the history of rules that the desk keeps is at /policy")
        if _digest(path.read_text(encoding="utf-8")) != lasting["wrote"]:
            raise CannotUndo(f"shop.toml was changed since, which would be lost; as it was before: {kept}")
        kept.replace(path)
    house.reread()
    return "shop.toml is as it was before"


def answered(rules: Mapping[str, str]) -> Mapping[str, str]:
    """The answers, with what is usual in the country in place of those that are missing. Raises `Unfit`."""
    country = rules.get("country", "")
    return {**(proposed(str(BY_NAME["country"].check(country))) if country else {}), **rules}


def _standing(text: str, path: Path) -> Policy:
    try:
        return load_text(text, path)
    except PolicyError as error:
        raise StepFailed(f"mend it first, nothing was changed: {error}") from None


def _checked(rules: Mapping[str, str]) -> Mapping[str, Value]:
    """Raises `StepFailed` with every answer that does not fit."""
    found: dict[str, Value] = {}
    wrong: list[str] = []
    for name, typed in answered(rules).items():
        try:
            found[name] = BY_NAME[name].check(typed)
        except Unfit as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise StepFailed("shop.toml was not changed", wrong)
    return found


def _values(policy: Policy, given: Mapping[str, Value]) -> Mapping[tuple[str, str], Value]:
    """A bare support address gets the shop's name before it: it stands below each mail."""
    support = str(given.get("support", ""))
    if ADDRESS.fullmatch(support):
        given = {**given, "support": f"{given.get('name', policy.shop.name)}, {support}"}
    return {key: value for name, value in given.items() if (key := BY_NAME[name].key)}


def _now(policy: Policy, key: tuple[str, str]) -> Value:
    value = getattr(getattr(policy, key[0]), key[1])
    return list(value) if isinstance(value, tuple) else value


def _change(policy: Policy, key: tuple[str, str], value: Value) -> Change:
    return Change(".".join(key), literal(_now(policy, key)), literal(value))


def _written(text: str, values: Mapping[tuple[str, str], Value], path: Path) -> str:
    try:
        made = policy_text.changed(text, values)
        load_text(made, path)
    except (CannotWrite, PolicyError) as error:
        raise StepFailed(f"shop.toml was not changed: {error}") from None
    return made


def _beside(path: Path, stamp: str) -> Path:
    names = (f"{path.stem}.before-{stamp}{more}.toml" for more in ("", *(f"-{number}" for number in range(1, 1_000))))
    return next(one for name in names if not (one := path.with_name(name)).exists())


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

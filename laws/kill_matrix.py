"""The kill matrix, piece by piece: a row for each law, a word for each control; in several processes, or resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from typing import Any

from verified_cat.audits import AUDITS
from verified_cat.check import LAWS
from verified_cat.laws import kills, suite
from verified_cat.laws.kills import DRAWS, Broken, Row, audited, broken, judged


def row_of(name: str, draws: int = DRAWS) -> Row:
    """The row of a law; where something goes wrong that has nothing to do with a control, a row that says so."""
    suite.load()
    try:
        return audited(name) if name in AUDITS else kills.row(LAWS[name], broken(), draws)
    except Exception as raised:
        fault = f"{type(raised).__name__}: {raised}"[:200]
        nothing = dict.fromkeys((each.name for each in broken()), "not run")
        return Row(name, nothing, {}, "it could not be run", {"": fault})


@cache
def _numbered() -> dict[str, Broken]:
    return {each.name: each for each in broken()}


def said_of(name: str) -> dict[str, str]:
    """A control of that name, with what its judge says."""
    control = _numbered()[name]
    return {"name": name, "judge": control.judge, "kind": control.kind, "verdict": judged(control)}


def collect(
    done: dict[str, Any], laws: Iterable[str], jobs: int, tell: Callable[[dict[str, Any], int], None]
) -> dict[str, Any]:
    """The kill matrix as the file of `verified-cat controls --json`: schema 1, on top of what is ``done``.

    ``tell`` is given all that is known and how many pieces are left, after each piece.
    """
    suite.load()
    found = done or {"schema": 1, "draws": DRAWS, "controls": [], "kills": {}, "mutants": {}, "idle": {}, "faults": {}}
    known = {each["name"] for each in found["controls"]}
    first = sorted((law for law in laws if law in {**LAWS, **AUDITS} and law not in found["mutants"]), key=_cheap)
    pieces = [(said_of, each.name) for each in broken() if each.name not in known] + [(row_of, law) for law in first]
    found["left"] = [name for _, name in pieces]
    for name, piece in _done(pieces, jobs):
        found["left"].remove(name)
        _enter(found, piece)
        tell(found, len(found["left"]))
    return found


def _cheap(name: str) -> bool:
    """For sorting: the costly laws first, so that no process is left alone with one at the end."""
    return name in AUDITS or not LAWS[name].costly


def _enter(found: dict[str, Any], piece: Row | dict[str, str]) -> None:
    if not isinstance(piece, Row):
        place = {each.name: number for number, each in enumerate(broken())}
        found["controls"] = sorted([*found["controls"], piece], key=lambda each: place[each["name"]])
        return
    found["mutants"][piece.law] = piece.mutants
    if piece.kills:
        found["kills"][piece.law] = piece.kills
    for part, content in (("idle", piece.idle), ("faults", piece.faults)):
        if content:
            found[part][piece.law] = content


def _done(pieces: Sequence[tuple[Callable[[str], Any], str]], jobs: int) -> Iterator[tuple[str, Any]]:
    """The pieces as they are done, each with its name."""
    if jobs == 1:
        yield from ((name, work(name)) for work, name in pieces)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        futures = {pool.submit(work, name): name for work, name in pieces}
        yield from ((futures[each], each.result()) for each in as_completed(futures))
    finally:
        pool.shutdown(cancel_futures=True)

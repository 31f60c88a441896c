"""What refutes what: every law against every broken engine and construction, and against its own wrong implementations.

A law is run on few draws, and only on those that use what is broken: which operations a draw uses is watched once, in
the sound engine. What a law cannot refute is said with the reason, so that a law that kills nothing is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from verified_cat.check import LAWS, EngineRaised, Law, Tally, try_instance
from verified_cat.draw import seeded
from verified_cat.errors import VerifiedCatError
from verified_cat.laws import controls, engines, suite
from verified_cat.laws.controls import Control
from verified_cat.laws.meta import refutes
from verified_cat.laws.strict_categories import SealedCategory, SealedEngine
from verified_cat.worlds import Mutant, drawing

DRAWS = 3


class BrokenEngine(SealedEngine):
    """Constructions as categories of an engine's own, that of one world with a wrong method in it."""

    __slots__ = ("_mutant",)

    def __init__(self, engine: Any, mutant: Mutant) -> None:
        super().__init__(engine, f"broken {mutant.world}")
        self._mutant = mutant

    def category(self, world: str) -> SealedCategory:
        """The construction of that world."""
        sound = super().category(world)
        return sound.broken(self._mutant) if world == self._mutant.world else sound


@dataclass(frozen=True, slots=True)
class Construction:
    """An engine whose own category of one world is a wrong implementation that a law names by what it ``says``.

    ``law`` is that law, where it is not the judge: an own category is no place for a law that gives it functions.
    """

    name: str
    judge: str
    says: str
    law: str = ""
    engine: str = "torch"
    kind: str = "construction"

    @property
    def mutant(self) -> Mutant:
        """The wrong implementation."""
        suite.load()
        return next(each for each in LAWS[self.law or self.judge].mutants if each.says == self.says)

    def build(self) -> BrokenEngine:
        """The engine."""
        return BrokenEngine(engines.ENGINES[self.engine](), self.mutant)


CONSTRUCTIONS = (
    Construction("parameters in the wrong order", "PARA-EV", "the two parameters are exchanged"),
    Construction("parameters shared", "PARA-EV", "both maps take the first parameter", "PARA-COMP"),
    Construction("inner map applied twice", "PARA-ASSOC", "the inner map is applied twice"),
    Construction("2-cells applied twice", "PARA-2CAT", "an endomorphic reparametrisation is applied twice"),
    Construction("first map applied twice", "CAT-ASSOC", "composition applies an endomorphic first map twice"),
    Construction("tensor reads one input", "MON-FUNCT", "f ⊗ g gives both maps the first input"),
    Construction("swap does nothing", "MON-ISO", "σ does nothing where the two objects agree"),
    Construction("chain rule at the start", "D-RULES", "the chain rule takes g' at a instead of f(a)"),
    Construction("parallel rule crossed", "D-RULES", "f ⊗ g takes each derivative at the other's point"),
    Construction("identity pulls back the point", "CAT-UNIT", "the identity pulls back to the primal value"),
    Construction("onesLike counit", "CART-NAT", "the pullback of ! is ones, the seed's onesLike"),
    Construction("lens cotangents exchanged", "LENS-MON", "f ⊗ g exchanges the two cotangents"),
)
"""Wrong constructions as engines, each with the law that must refute it."""


def broken() -> list[Control | Construction]:
    """Every broken engine: wrong operations, and wrong constructions."""
    return [*controls.CONTROLS, *CONSTRUCTIONS]


# ------------------------------------------------------------------------------------------------ the matrix


class _Watch:
    """The sound engine, which operations a draw uses, and how much of what is broken they are."""

    def __init__(self, engine: str) -> None:
        """Watch a fresh engine of that name."""
        self.used: set[str] = set()
        self._sound = Control("watched", {}, "", engine).build()
        plain = type(self._sound).operation

        def operation(inner: Any, asked: Any) -> Any:
            self.used.add(asked.name)
            return plain(inner, asked)

        self._sound.__class__ = type("Watched", (type(self._sound),), {"operation": operation})

    def of(self, stated: Law, world: str, seed: int) -> frozenset[str]:
        """The operations that the law uses at the draw of a seed."""
        self.used.clear()
        with suppress(EngineRaised, VerifiedCatError):
            _tally(stated, world, self._sound, seed)
        return frozenset(self.used)


def _tally(stated: Law, world: str, engine: Any, seed: int) -> Tally:
    tally = Tally()
    bounds = engines.bounds_for(engine.precision)
    try_instance(stated, world, engine, bounds, drawing(engine, world, seeded(seed), stated.style), tally)
    return tally


def row(stated: Law, columns: Iterable[Control | Construction], draws: int = DRAWS) -> dict[str, str]:
    """Control ↦ "refuted", "survived", "raised", or "untouched" where no draw uses what is broken."""
    watch = _Watch("torch")
    used = {(world, seed): watch.of(stated, world, seed) for seed in range(draws) for world in stated.worlds}
    return {each.name: _word(stated, each, used) for each in columns}


def _word(
    stated: Law, control: Control | Construction, used: dict[tuple[str, int], frozenset[str]], most: int = 2 * DRAWS
) -> str:
    words = set()
    for world, seed in islice(_touching(control, used), most):
        try:
            failed = _tally(stated, world, _engine(control), seed).failed
        except EngineRaised:
            words.add("raised")
            continue
        except VerifiedCatError:  # the law cannot be stated there
            continue
        if failed is None:
            words.add("survived")
        elif math.isfinite(failed["gap"]) or stated.equality == "bitwise":
            return "refuted"
        else:
            words.add("raised")
    return next((word for word in ("raised", "survived") if word in words), "untouched")


def _engine(control: Control | Construction) -> Any:
    """The broken engine, on numbers: faults of the exact engine are planted in torch."""
    if isinstance(control, Control) and control.engine == engines.EXACT:
        return Control(control.name, control.planted, control.judge, "torch", control.claims).build()
    return control.build()


def _touching(
    control: Control | Construction, used: dict[tuple[str, int], frozenset[str]]
) -> Iterator[tuple[str, int]]:
    """The draws that use what is broken."""
    for (world, seed), names in used.items():
        if isinstance(control, Construction):
            if world == control.mutant.world:
                yield world, seed
        elif control.claims or "*" in control.planted or names & set(control.planted):
            yield world, seed


def idle(stated: Law) -> str:
    """Why a law refutes no broken engine."""
    if stated.negative:
        return "it states a counterexample: a fault elsewhere leaves it one"
    if not (stated.without_solver or stated.floats):
        return (
            "it is true of all maps, so also of wrong operations; wrong constructions break it, its mutants among them"
        )
    return "nothing that is broken here changes what its draws look at; its own mutants do"


def as_json(laws: Iterable[str], draws: int = DRAWS) -> dict[str, Any]:
    """The kill matrix as the file of `verified-cat controls --json`: schema 1."""
    suite.load()
    chosen = [LAWS[name] for name in laws if name in LAWS]
    kills = {stated.name: row(stated, broken(), draws) for stated in chosen}
    return {
        "schema": 1,
        "draws": draws,
        "controls": [_said(each) for each in broken()],
        "kills": kills,
        "mutants": {stated.name: {said(each): _refuted(stated, each) for each in stated.mutants} for stated in chosen},
        "idle": {stated.name: idle(stated) for stated in chosen if "refuted" not in kills[stated.name].values()},
    }


def _said(control: Control | Construction) -> dict[str, str]:
    kind = getattr(control, "kind", "operation")
    return {"name": control.name, "judge": control.judge, "kind": kind, "verdict": judged(control)}


def judged(control: Control | Construction) -> str:
    """What the judge named for a control says of it, on as many draws as it takes."""
    if isinstance(control, Control):
        try:
            return controls.judged(control, control.judge)
        except VerifiedCatError:
            return "raised"
    suite.load()
    used = {(control.mutant.world, seed): frozenset[str]() for seed in range(controls.DRAWS)}
    return _word(LAWS[control.judge], control, used, controls.DRAWS)


def said(mutant: Mutant) -> str:
    """A wrong implementation in words."""
    return f"{mutant.says} (in {mutant.world})"


def _refuted(stated: Law, mutant: Mutant) -> str:
    try:
        return "refuted" if refutes(stated, mutant) else "survived"
    except VerifiedCatError:  # no comparison was made, so nothing is refuted
        return "raised"

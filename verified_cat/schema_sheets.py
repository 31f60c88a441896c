"""What is found of learned functors, as plain values: what the page of a schema report shows, and nothing it computes.

All of it is sampled: figures of finitely many held-out examples, never a proof about all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import stdev
from typing import Literal

from verified_cat.floats import mean

Word = Literal["found", "not found", "not decided"]
"""Of a failure: there on these examples; not there; or what is missing to say so."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A named failure, what it is about, whether it was found, what was measured, and the threshold."""

    name: str
    about: str
    word: Word
    measured: str
    threshold: str

    def __str__(self) -> str:
        return f"{self.name} ({self.about}): {self.word}; {self.measured}; found where {self.threshold}"


@dataclass(frozen=True, slots=True)
class Samples:
    """A path with what it makes of the same few examples: pictures as addresses, or numbers; and plots of many."""

    path: str
    says: str
    cells: tuple[str, ...] = ()
    pictures: bool = False
    plots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of each run, in the order of the runs, with what baselines have there, and its target."""

    name: str
    values: tuple[float | None, ...]
    baselines: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)
    target: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The maps that several runs learned for one arrow (or a factor of what it makes), compared on the same examples.

    Distances are shares of the mean distance between unrelated images.
    """

    about: str
    word: Literal["agree", "not identified by the data and the equations", "not decided"]
    why: str
    distances: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure with every equation, and without some: the values of the seeds."""

    figure: str
    whole: tuple[float, ...]
    without: tuple[float, ...]

    @property
    def change(self) -> float:
        """How much larger the mean is without them."""
        return mean(self.without) - mean(self.whole)

    @property
    def apart(self) -> bool:
        """Whether no value with them lies among those without them, nor the other way round."""
        return max(self.whole) < min(self.without) or max(self.without) < min(self.whole)


@dataclass(frozen=True, slots=True)
class Ablation:
    """What changes where some equations have no weight; ``not_run`` says why it could not be trained."""

    without: str
    seeds: tuple[int, ...]
    effects: tuple[Effect, ...] = ()
    not_run: str = ""


@dataclass(frozen=True)
class RunSheet:
    """One run: where it lies, its facts, what it makes, and the failures that were looked for."""

    name: str
    seed: int
    facts: tuple[tuple[str, str], ...]
    samples: tuple[Samples, ...]
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Sheet:
    """Runs of one schema, compared."""

    name: str
    picture: str
    equations: tuple[tuple[str, str, str, str], ...]
    """Each equation, its weight as written, the weight that was used, its cost and where it is asked for."""
    findings: tuple[tuple[str, str, str], ...]
    examples: str
    """How many held-out examples there are and how they were drawn."""
    runs: tuple[RunSheet, ...]
    curves: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    agreements: tuple[Agreement, ...]
    alone: str = ""
    """Why no maps were compared; "" where they were."""


def ablation_lines(ablations: Sequence[Ablation]) -> list[str]:
    """Each change in a line, those that are beyond the spread of the seeds marked."""
    found = []
    for each in ablations:
        found.append(
            f"without {each.without}: " + (f"not run, {each.not_run}" if each.not_run else "with all → without")
        )
        for effect in each.effects:
            said = "clear" if effect.apart else "within the spread"
            found.append(f"  {effect.figure:<40} {spread(effect.whole)} → {spread(effect.without)}, {said}")
    return found


def spread(values: Sequence[float | None]) -> str:
    """The mean with the least and the largest; of one value only that."""
    known = [each for each in values if each is not None]
    if not known:
        return "–"
    if len(known) == 1:
        return short(known[0])
    return f"{short(mean(known))} ({short(min(known))} to {short(max(known))})"


# Two-sided 95 % quantiles of Student's t distribution with 1, 2, ... degrees of freedom.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)


def interval(values: Sequence[float | None]) -> str:
    """x̄ ± t s / √n, where the mean over all seeds lies with 95 % if their figures are drawn from a normal law.

    A dash for fewer than two values. Beyond 16 values the quantile of 16 is used, which is a little too wide.
    """
    known = [each for each in values if each is not None]
    if len(known) < 2:
        return "–"
    reach = STUDENT[min(len(known) - 1, len(STUDENT)) - 1] * stdev(known) / sqrt(len(known))
    return f"{short(mean(known) - reach)} to {short(mean(known) + reach)}"


def short(value: float | None) -> str:
    """Three digits; a dash for none."""
    return "–" if value is None else f"{value:.3g}"

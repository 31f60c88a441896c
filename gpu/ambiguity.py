"""Whether several trainings of one schema found the same functor: their maps on the same held-out examples.

Two functors that satisfy the equations and have the laws of the data, and differ, show that these do not say which one
is meant. That several agree shows less: they share their architecture and its habits.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from verified_cat.gpu.functor_maps import FunctorMaps, factors
from verified_cat.gpu.measuring import apart, share, unrelated
from verified_cat.schema import Path
from verified_cat.schema_sheets import Agreement, Signature, short
from verified_cat.specification import Arrow, Specification

SAME, DIFFERENT, ENOUGH = 0.1, 0.25, 3
"""Maps agree at distances up to the first, and differ above the second; so many runs are needed to say that they
agree."""


def compared(
    runs: Mapping[str, FunctorMaps],
    found: Mapping[str, list[Signature]],
    seeds: Mapping[str, int],
    losses: Mapping[str, float] | None = None,
) -> list[Agreement]:
    """Each trained arrow, factor by factor, over the runs, by what was found of each of them. ``losses`` are told
    beside a verdict: what is left of all equations and laws on held-out examples.

    Of runs with the same seed only the first counts: that a training repeats itself is no evidence.
    """
    first = next(iter(runs.values()))
    fresh = {seed: name for name, seed in reversed(list(seeds.items()))}.values()
    good = [name for name in runs if name in fresh and fits(first.whole, found[name])]
    arrows = [each for each in first.whole.arrows if each.trained and each.source in first.tables]
    return [agreement for arrow in arrows for agreement in _of_arrow(arrow, runs, good, _left(good, losses))]


def _of_arrow(arrow: Arrow, runs: Mapping[str, FunctorMaps], good: list[str], left: str) -> list[Agreement]:
    whole = next(iter(runs.values())).whole
    images = {name: maps.image(Path(arrow.source, (arrow.name,))) for name, maps in runs.items()}
    agreements = []
    for factor, part in factors(whole, arrow.target):
        about = arrow.name if not whole.thing(arrow.target).product else f"{factor} of {arrow.name}"
        pairs = {(a, b): (images[a][:, part], images[b][:, part]) for a, b in combinations(runs, 2)}
        scale = {pair: (unrelated(one) + unrelated(other)) / 2 for pair, (one, other) in pairs.items()}
        lengths = {pair: share(apart(*both), scale[pair]) for pair, both in pairs.items()}
        agreements.append(_judged(about, lengths, good, left))
    return agreements


def _left(good: list[str], losses: Mapping[str, float] | None) -> str:
    known = [short(losses[name]) for name in good if name in losses] if losses else []
    return f"; their residuals and energy distances sum to {', '.join(known)}" if known else ""


def fits(whole: Specification, found: list[Signature]) -> bool:
    """Whether a run has the laws and satisfies the equations that were asked for: none is known to fail."""
    free = [str(demand.equation) for demand in whole.demands if demand.weight == 0]
    kinds = ("law not matched", "mode collapse", "does not satisfy the equation")
    return not any(each.word == "found" for each in found if each.name in kinds and each.about not in free)


def _judged(about: str, lengths: Mapping[tuple[str, str], float], good: list[str], left: str) -> Agreement:
    shown = tuple((f"{a} and {b}", length) for (a, b), length in lengths.items())
    compared_ = [length for (a, b), length in lengths.items() if a in good and b in good]
    if len(good) < 2:
        why = f"{len(good)} seeds fit the data and the equations; at least two are needed"
        return Agreement(about, "not decided", why, shown)
    if max(compared_) > DIFFERENT:
        why = f"seeds that fit the data and the equations equally well differ by more than {DIFFERENT}{left}"
        return Agreement(about, "not identified by the data and the equations", why, shown)
    if len(good) < ENOUGH:
        return Agreement(
            about, "not decided", f"{len(good)} seeds that fit are not enough to say that they agree", shown
        )
    if max(compared_) <= SAME:
        return Agreement(about, "agree", f"all {len(good)} seeds that fit lie within {SAME} of each other{left}", shown)
    return Agreement(about, "not decided", f"the seeds lie between {SAME} and {DIFFERENT} apart", shown)

"""The terms of a loss over the arrays of any library, and how often a network is run for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.step.workloads import CrossEntropy, Cycle, HalfSquares, LossTerm, Path, Penalty, Score, Workload

Apply = Callable[[str, Any], Any]
"""(name of a network, input) ↦ its output."""


class Numbers(Protocol):
    """What the losses ask of a library of arrays."""

    def softplus(self, x: Any) -> Any: ...
    def mean(self, x: Any) -> Any: ...
    def absolute(self, x: Any) -> Any: ...
    def half_squares(self, x: Any) -> Any: ...
    def cross_entropy(self, scores: Any, labels: Any) -> Any: ...
    def constant(self, x: Any) -> Any: ...
    def row_norms(self, x: Any) -> Any: ...
    def gradient(self, function: Callable[[Any], Any], x: Any) -> Any:
        """∇ of the sum of ``function`` over all rows, at x."""


class Evaluation:
    """The paths of one player's terms on one batch; a path is run once, and ``known`` holds those run before.

    ``known`` is what is shared: a new one for each term shares nothing, one for each player what that player sees, one
    for all players everything.
    """

    def __init__(self, apply: Apply, batch: dict[str, Any], known: dict[tuple[Path, str], Any], counted: Counter[str]):
        self.apply, self.batch, self.known, self.counted = apply, batch, known, counted

    def path(self, path: Path, source: str) -> Any:
        if not path:
            return self.batch[source]
        if (path, source) not in self.known:
            before = self.path(path[:-1], source)
            self.known[path, source] = self.run(path[-1], before)
        return self.known[path, source]

    def run(self, network: str, x: Any) -> Any:
        self.counted[network] += 1
        return self.apply(network, x)

    def value(self, term: LossTerm, numbers: Numbers) -> Any:
        match term:
            case HalfSquares(path, source, target):
                return numbers.half_squares(self.path(path, source) - self.batch[target])
            case CrossEntropy(path, source, target):
                return numbers.cross_entropy(self.path(path, source), self.batch[target])
            case Score(path, source, sign):
                score = self.path(path, source)
                return numbers.mean(numbers.softplus(score if sign > 0 else -score))
            case Cycle(path, source, weight):
                return weight * numbers.mean(numbers.absolute(self.path(path, source) - self.batch[source]))
            case Penalty():
                return self.penalty(term, numbers)

    def penalty(self, term: Penalty, numbers: Numbers) -> Any:
        share = self.batch[term.mixture]
        fake = numbers.constant(self.path(term.path, term.source))
        between = share * self.batch[term.real] + (1 - share) * fake
        slopes = numbers.gradient(lambda x: self.run(term.critic, x), between)
        return term.weight * numbers.mean((numbers.row_norms(slopes) - 1) ** 2)


def total(values: list[Any]) -> Any:
    result = values[0]
    for value in values[1:]:
        result = result + value
    return result


def player_loss(workload: Workload, player: str, evaluation: Evaluation, numbers: Numbers) -> Any:
    """The loss of one player, every path of it run once."""
    return total([evaluation.value(term, numbers) for term in workload.players[player].terms])

"""The equation: two parallel morphisms, and the isomorphism they agree along. Proved, decided, sampled, minimised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from verified_cat.category import Cartesian
from verified_cat.errors import BoundaryError
from verified_cat.shown import Shown

M = TypeVar("M")


@dataclass(frozen=True)
class Equation(Shown, Generic[M]):
    """lhs = rhs, strictly, or along the named isomorphism or 2-cell ``along`` (already applied to one side)."""

    lhs: M
    rhs: M
    along: str = ""

    def check_parallel(self, category: Cartesian[M]) -> None:
        """Raises BoundaryError where the two sides do not have the same boundary in ``category``."""
        for side, left, right in (
            ("start from", category.dom(self.lhs), category.dom(self.rhs)),
            ("end in", category.cod(self.lhs), category.cod(self.rhs)),
        ):
            if left != right:
                raise BoundaryError(f"the sides of an equation are not parallel: they {side} {left} and {right}")

    def gap(self, category: Cartesian[M], distance: M) -> M:
        """a ↦ distance(lhs(a), rhs(a)) : A → R, for ``distance`` : B ⊗ B → R.

        With the largest difference as distance it is what a law must keep within a bound; with the mean absolute
        difference over terms it is the loss of a path equation.
        """
        self.check_parallel(category)
        return category.compose(category.pairing(self.lhs, self.rhs), distance)

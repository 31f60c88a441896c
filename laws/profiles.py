"""How much is drawn: profiles, and the seed from which the draws start."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from verified_cat.errors import UsageError, near


@dataclass(frozen=True, slots=True)
class Effort:
    """How many instances are drawn per law and world, and from where.

    ``examples`` on numbers (a tenth of it for costly laws); ``exact`` and ``costly`` at symbolic inputs; ``shrink``:
    whether a failed instance is made small; ``seed``: another seed draws other instances. Proofs draw nothing.
    """

    profile: str
    examples: int
    exact: int
    costly: int
    shrink: bool = True
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """What a report says of it."""
        return asdict(self)


PROFILES = {
    "smoke": Effort("smoke", examples=6, exact=4, costly=3, shrink=False),
    "default": Effort("default", examples=15, exact=12, costly=5),
    "thorough": Effort("thorough", examples=250, exact=60, costly=25),
}
"""Every profile. A law asks for three non-trivial instances, so that fewer draws than these leave many vacuous."""

DEFAULT = PROFILES["default"]
FEWEST = 3


def effort(profile: str | None = None, examples: int | None = None, seed: int | None = None) -> Effort:
    """The profile, with other numbers of examples (exact draws in proportion) and another seed where given.

    Raises UsageError for a profile that there is not, for no examples, and for a negative seed.
    """
    name = profile or DEFAULT.profile
    if name not in PROFILES:
        raise UsageError(f"--profile: no profile is called {name!r}; {near(name, list(PROFILES))}")
    chosen = PROFILES[name]
    if examples is not None and examples < 1:
        raise UsageError("--law-examples must be at least 1")
    if seed is not None and not 0 <= seed < 2**32:
        raise UsageError("--law-seed must be at least 0 and below 2^32")
    if examples is not None:
        scaled = (max(FEWEST, number * examples // chosen.examples) for number in (chosen.exact, chosen.costly))
        exact, costly = scaled
        chosen = replace(chosen, examples=examples, exact=exact, costly=costly)
    return replace(chosen, seed=seed or 0)


def portions(draws: int, largest: int = 500) -> list[int]:
    """A number of draws in portions of equal size up to one: memory grows with a portion, not with the whole."""
    count = -(-draws // largest)
    return [draws // count + (k < draws % count) for k in range(count)]

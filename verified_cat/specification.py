"""A schema with what is known of it: where examples come from, which arrows are learned, what each equation weighs.

The value of a schema file. ``Specification.schema`` is the graph with its equations; the rest says how a functor out of
it is to be learned. What does not fit together is refused when the value is made, all of it at once, each with the
place where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import prod
from typing import Any, TypeVar

from verified_cat.errors import SchemaError, near
from verified_cat.objects import Ob, Pair, Space
from verified_cat.schema import Edge, Path, PathEquation, Schema
from verified_cat.schema_kinds import Settings, settings
from verified_cat.shown import Shown

Where = tuple[str | int, ...]
"""A place in a file: the keys that lead to it."""

COSTS = ("l1", "l2")
MEASURES = ("data", "pushforward", "mix")


class Unfit(SchemaError):
    """Parts that make no specification: each fault with its place."""

    def __init__(self, name: str, faults: list[tuple[Where, str]]) -> None:
        more = f", and {len(faults) - 1} more faults" if len(faults) > 1 else ""
        super().__init__(f"schema {name}: {faults[0][1]}{more}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Thing:
    """An object: R^shape, or the product of other objects; where its examples come from; its adversary and critic."""

    name: str
    shape: tuple[int, ...] | None = None
    product: tuple[str, ...] = ()
    data: Settings | None = None
    adversary: Settings | None = None
    critic: Settings | None = None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow source → target, and one of: a network, a frozen map, (some of the) factors of the source in an order,
    the inverse of another arrow, the same parameters as another. ``identity`` and ``budget`` weigh |e(b) - b| for b in
    the target and |e(a) - a| for a in the source."""

    name: str
    source: str
    target: str
    network: Settings | None = None
    frozen: Settings | None = None
    factors: tuple[int, ...] = ()
    inverse_of: str = ""
    tied_to: str = ""
    identity: Fraction = Fraction(0)
    budget: Fraction = Fraction(0)

    @property
    def trained(self) -> bool:
        """Whether it has parameters, its own or another's."""
        return bool(self.network or self.inverse_of or self.tied_to)

    @property
    def other(self) -> str:
        """The arrow whose parameters it has; itself."""
        return self.inverse_of or self.tied_to or self.name


@dataclass(frozen=True, slots=True)
class Demand:
    """An equation with its cost, its weight γ (None: by the ratio of gradients), and where it is asked for."""

    lhs: Path
    rhs: Path
    weight: Fraction | None = Fraction(1)
    cost: str = "l1"
    on: str = "data"

    @property
    def equation(self) -> PathEquation:
        """Without its cost."""
        return PathEquation(self.lhs, self.rhs)


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of the run and what it has to reach, set before the run."""

    figure: str
    at_most: Fraction | None = None
    at_least: Fraction | None = None

    def reached(self, figures: dict[str, float]) -> bool:
        """Whether the figure is there and within."""
        value = figures.get(self.figure)
        if value is None or value != value:
            return False
        return (self.at_most is None or value <= float(self.at_most)) and (
            self.at_least is None or value >= float(self.at_least)
        )

    def __str__(self) -> str:
        parts = [
            f"{word} {float(each):g}"
            for word, each in (("<=", self.at_most), (">=", self.at_least))
            if each is not None
        ]
        return f"{self.figure} {' and '.join(parts)}"


def _default_training() -> Settings:
    return settings("training", "training")


@dataclass(frozen=True)
class Specification(Shown):
    """Objects, arrows and equations with what is known of them. Raises Unfit, a SchemaError, with all the faults.

    ``families`` are, by object, those over which the equations out of it are to be bounded (``family_words``)."""

    name: str
    things: tuple[Thing, ...]
    arrows: tuple[Arrow, ...]
    demands: tuple[Demand, ...] = ()
    adversary: Settings | None = None
    critic: Settings | None = None
    training: Settings = field(default_factory=_default_training)
    truth: tuple[tuple[str, Settings], ...] = ()
    targets: tuple[Target, ...] = ()
    families: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        from verified_cat.specification_faults import faults

        found = faults(self)
        if found:
            raise Unfit(self.name, found)

    @cached_property
    def schema(self) -> Schema:
        """The graph and its equations."""
        edges = tuple(Edge(arrow.name, arrow.source, arrow.target) for arrow in self.arrows)
        return Schema(
            self.name, tuple(thing.name for thing in self.things), edges, tuple(each.equation for each in self.demands)
        )

    def thing(self, name: str) -> Thing:
        """The object of this name. Raises SchemaError where there is none."""
        return named(self.things, name, f"schema {self.name}: no object")

    def arrow(self, name: str) -> Arrow:
        """The arrow of this name. Raises SchemaError where there is none."""
        return named(self.arrows, name, f"schema {self.name}: no arrow")

    def leaves(self, name: str) -> list[tuple[int, ...]]:
        """The shapes of the spaces of an object, products taken apart."""
        thing = self.thing(name)
        if thing.shape is not None:
            return [thing.shape]
        return [shape for factor in thing.product for shape in self.leaves(factor)]

    def dimension(self, name: str) -> int:
        """How many numbers an example of the object holds."""
        return sum(map(prod, self.leaves(name)))

    def ob(self, name: str, rows: int) -> Ob:
        """The object of so many examples at once."""
        thing = self.thing(name)
        if thing.shape is not None:
            return Space((rows, *thing.shape))
        parts = [self.ob(factor, rows) for factor in thing.product]
        whole = parts[-1]
        for part in reversed(parts[:-1]):
            whole = Pair(part, whole)
        return whole

    @property
    def matched(self) -> tuple[Path, ...]:
        """The paths whose images are to have the law of the data in their target: what adversaries compare.

        The trained arrows that are kept (``arrows``: all, or those of the reduction) and the paths of ``match``, as
        far as their target has an adversary and their source has data.
        """
        from verified_cat.congruence import reduced

        kept = reduced(self.schema)[0] if self.training["arrows"] == "reduced" else [each.name for each in self.arrows]
        paths = [Path(each.source, (each.name,)) for each in self.arrows if each.name in kept and each.trained]
        paths += [path_of(self, text) for text in self.training["match"]]
        return tuple(
            path
            for path in dict.fromkeys(paths)
            if self.thing(path.source).data and self.adversary_of(self.schema.target(path)).kind != "none"
        )

    def adversary_of(self, name: str) -> Settings:
        """The adversary of an object: its own, or that of the file where it has data, else none."""
        thing = self.thing(name)
        if thing.adversary is not None:
            return thing.adversary
        return self.adversary if self.adversary is not None and thing.data else settings("adversary", "none")

    def critic_of(self, name: str) -> Settings:
        """The network of its critic: its own, or that of the file."""
        return self.thing(name).critic or self.critic or settings("critic", "mlp")


Part = TypeVar("Part", Thing, Arrow)


def named(parts: tuple[Part, ...], name: str, where: str) -> Part:
    """The part of this name. Raises SchemaError where there is none."""
    for part in parts:
        if part.name == name:
            return part
    raise SchemaError(f"{where} is called {name!r}; {near(name, [part.name for part in parts])}")


def path_of(whole: Specification, text: str) -> Path:
    """``f ; g``, or ``id_A``, as a path. Raises SchemaError where it is none."""
    return path_in(whole.schema, text)


def path_in(schema: Schema, text: str) -> Path:
    """``f ; g``, or ``id_A``, as a path. Raises SchemaError where it is none."""
    words = [word.strip() for word in text.split(";")]
    if len(words) == 1 and words[0].startswith("id_"):
        path = Path(words[0].removeprefix("id_"))
        schema.target(path)
        return path
    return schema.path(*words)


def fits_for_name(name: Any) -> str | None:
    """Why this is no name; None where it is one."""
    if not isinstance(name, str) or not name.strip() or name != name.strip():
        return f"a name is a word, not {name!r}"
    if ";" in name or name.startswith("id_") or not name.isprintable() or len(name) > 60:
        return f"a name has no ';', does not begin with 'id_', and has at most 60 printed characters, not {name[:60]!r}"
    return None

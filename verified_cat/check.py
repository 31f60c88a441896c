"""Laws: statements about generic objects and morphisms, as functions of a world that return equations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from verified_cat.doctrine import of_worlds
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.errors import UsageError
from verified_cat.functions import Arrow
from verified_cat.objects import SCALAR, UNIT
from verified_cat.shown import Shown
from verified_cat.worlds import Mutant, World

CATEGORIES = ("functions", "additive", "dual", "cont", "begin", "forward", "D", "lens", "optic")
CARTESIAN = ("functions", "additive", "dual", "begin", "forward", "D")
BIPRODUCTS = ("additive", "dual", "cont", "begin")
DERIVATIVES = ("forward", "D")
PARA = ("para", "para over D", "para over lens")


@dataclass(frozen=True, slots=True)
class Law(Shown):
    """A statement about generic objects and morphisms, as a function that returns equations between morphisms.

    ``given`` declares the arguments, ``worlds`` where it is stated, ``equality`` how the sides are compared,
    ``minimum`` how many non-trivial instances it takes before a pass counts, ``mutants`` what it must refute.
    ``negative``: the statement is that a commonly assumed equation fails, at a stated counterexample. ``costly``: a
    tenth of the usual instances. ``without_solver``: why no solver can be asked, where none can. ``floats``: why only
    engines that round can be asked, where that is so. ``doctrine``: the least structure that it needs (a key of
    ``verified_cat.doctrine.DOCTRINES``, or what a construction has); by default what its worlds have in common.
    """

    name: str
    title: str
    statement: str
    source: str
    given: str
    worlds: tuple[str, ...]
    equality: str
    mutants: tuple[Mutant, ...]
    state: Callable[..., Any]
    negative: bool = False
    style: Style = field(default=Style())
    minimum: int = 3
    costly: bool = False
    without_solver: str = ""
    floats: str = ""
    doctrine: str = ""

    def __post_init__(self) -> None:
        """Raises UsageError for a law that would hold without ever having been tried."""
        if self.minimum < 1 or not self.worlds:
            raise UsageError(f"the law {self.name} has to ask for a witness and to be stated in a world")


LAWS: dict[str, Law] = {}
"""Every law by its name in the catalogue, in the order in which the modules of ``verified_cat.laws`` state them."""

EQUALITIES = {
    "strict": "both sides are the same morphism",
    "iso": "the sides agree along the isomorphism or 2-cell that the equation names",
    "strict failure": "the sides differ at the stated point",
    "bitwise": "both sides have the same bits, signs of zeros included",
    "bitwise failure": "the bits of the sides differ at the stated point",
}


def law(
    name: str,
    given: str = "",
    *,
    worlds: tuple[str, ...],
    source: str,
    mutants: tuple[Mutant, ...],
    equality: str = "strict",
    **options: Any,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter the decorated function into ``LAWS``. Its docstring is the statement, its name the title."""

    def enter(state: Callable[..., Any]) -> Callable[..., Any]:
        if name in LAWS and LAWS[name].state.__qualname__ != state.__qualname__:
            raise UsageError(f"the law {name} is stated twice")
        statement = " ".join((state.__doc__ or "").split())
        title = state.__name__.replace("_", " ")
        negative = equality.endswith("failure")
        options.setdefault("doctrine", of_worlds(worlds))
        LAWS[name] = Law(name, title, statement, source, given, worlds, equality, mutants, state, negative, **options)
        return state

    return enter


# ------------------------------------------------------------------------------------------------ instances


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The claim that an equation fails at an exact ``point`` of its domain."""

    equation: Equation[Any]
    point: Any


@dataclass(frozen=True, slots=True)
class Bitwise:
    """The claim that both sides of an equation have the same bits; in an exact engine, that it holds.

    At the ``point``, where one is given; else at drawn ones, ``special`` floats among them or none.
    """

    equation: Equation[Any]
    point: Any = None
    special: bool = False

    @property
    def along(self) -> str:
        """The isomorphism that the equation names."""
        return self.equation.along


Claim = Equation[Any] | Counterexample | Bitwise
"""What a law may yield."""

_ITEM = re.compile(r"\s*(?P<name>[\w']+)\s*:\s*(?P<dom>.+?)\s*(?P<arrow>->|-o|=>)\s*(?P<cod>.+?)\s*$")


def instance(stated: Law, where: World) -> list[Claim]:
    """The equations of a law at the generic objects and morphisms of a world."""
    return stated_at(stated, where, generic(stated, where))


def stated_at(stated: Law, where: World, arguments: list[Any]) -> list[Claim]:
    """The equations of a law at these objects and morphisms."""
    found = stated.state(where, *arguments)
    return [found] if isinstance(found, Equation | Counterexample | Bitwise) else list(found)


def generic(stated: Law, where: World) -> list[Any]:
    """The generic objects and morphisms that a law is given."""
    objects: dict[str, Any] = {}
    arguments: list[Any] = []
    for item in filter(None, (part.strip() for part in stated.given.split(";"))):
        match = _ITEM.match(item)
        if match is None:
            arguments += [_object(name, objects, where) for name in item.split()]
            continue
        dom, cod = (_object(match[side], objects, where) for side in ("dom", "cod"))
        make = {"->": where.morphism, "-o": where.source.additive_arrow, "=>": where.source.term}[match["arrow"]]
        arguments.append(make(match["name"], dom, cod))
    return arguments


def _object(text: str, objects: dict[str, Any], where: World) -> Any:
    """Objects written as names, 1, R and @ (to the left), with brackets. Raises UsageError for anything else."""
    tokens = re.findall(r"[\w']+|\S", text)
    refused = UsageError(f"a law's object is written with names, 1, R, @ and brackets, not as {text!r}")

    def atom() -> Any:
        token = tokens.pop(0) if tokens else ""
        if token == "(":
            inner = whole()
            if not tokens or tokens.pop(0) != ")":
                raise refused
            return inner
        if not re.fullmatch(r"[\w']+", token):
            raise refused
        if token in ("1", "R"):
            return where.image(UNIT if token == "1" else SCALAR)
        if token not in objects:
            objects[token] = where.object(token)
        return objects[token]

    def whole() -> Any:
        left = atom()
        while tokens and tokens[0] == "@":
            tokens.pop(0)
            left = where.pair(left, atom())
        return left

    found = whole()
    if tokens:
        raise refused
    return found


def claims(stated: Law, where: World) -> Iterator[tuple[Claim, Arrow, Arrow]]:
    """What a law claims in a world, each with the two sides of its equation as functions on values.

    Raises BoundaryError where the sides are not parallel.
    """
    for found in instance(stated, where):
        equation = found if isinstance(found, Equation) else found.equation
        lhs, rhs = where.observe(equation.lhs), where.observe(equation.rhs)
        Equation(lhs, rhs, equation.along).check_parallel(where.source.functions)
        yield found, lhs, rhs


def sides(stated: Law, where: World) -> Iterator[tuple[Arrow, Arrow, Any]]:
    """The two sides of each equation, with the fixed point of a counterexample or None."""
    for found, lhs, rhs in claims(stated, where):
        yield lhs, rhs, found.point if isinstance(found, Counterexample) else None

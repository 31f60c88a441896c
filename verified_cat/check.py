"""Laws, and how an engine is held against them: drawn instances, a derived bound, a count of what was not trivial."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NoReturn

from verified_cat.doctrine import of_worlds
from verified_cat.draw import Choose, Style, draw_exact, is_trivial
from verified_cat.engine import CheckableEngine
from verified_cat.equation import Equation
from verified_cat.errors import BoundaryError, DataError, MissingExtra, MissingOperation, UsageError, VerifiedCatError
from verified_cat.functions import Arrow, OperationFault, Value
from verified_cat.held import OwnFault, Unstated
from verified_cat.objects import SCALAR, UNIT, Ob, flatten, leaves, size
from verified_cat.own import absent, declared
from verified_cat.report import Strength, Verdict
from verified_cat.worlds import DrawnSource, Draws, Mutant, World, drawing, replayed, world

CATEGORIES = ("functions", "additive", "dual", "cont", "begin", "forward", "D", "lens", "optic")
CARTESIAN = ("functions", "additive", "dual", "begin", "forward", "D")
BIPRODUCTS = ("additive", "dual", "cont", "begin")
DERIVATIVES = ("forward", "D")
PARA = ("para", "para over D", "para over lens")


@dataclass(frozen=True, slots=True)
class Law:
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


# ------------------------------------------------------------------------------------------------ comparison


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides of one equation at one point: the largest difference, the bound there, and whether it holds."""

    gap: float
    allowed: float
    holds: bool
    counts: bool

    def __bool__(self) -> NoReturn:
        raise TypeError("a comparison is not a truth value: look at what holds and what counts")

    @property
    def share(self) -> float:
        """gap / allowed, 0 where both are 0."""
        if self.gap == 0:
            return 0.0
        return self.gap / self.allowed if self.allowed else math.inf


def compare(left: Iterable[Any], right: Iterable[Any], bounds: Iterable[float]) -> Comparison:
    """Entry by entry |l - r| ≤ bound. Where the bound is finite, a NaN or an infinity is an excess, on both sides too.

    An infinite bound claims nothing, and the instance then counts for nothing: at x = -800 the gradients of two forms
    of the sigmoid are 0 and NaN, and both engines are right.
    """
    worst, allowed, share, holds, finite, entries = 0.0, 0.0, -1.0, True, True, 0
    for one, two, bound in zip(left, right, bounds, strict=True):
        entries += 1
        if math.isinf(bound):
            finite = False
            continue
        gap = 0.0 if one == two else abs(float(one) - float(two))
        if not (_is_finite(one) and _is_finite(two)):
            gap = math.inf
        inside = gap <= bound
        holds = holds and inside
        here = math.inf if not inside else (gap / bound if bound else 0.0)
        if here > share:
            worst, allowed, share = gap, bound, here
    return Comparison(worst, allowed, holds, finite and entries > 0)


def compare_bits(left: Iterable[Any], right: Iterable[Any]) -> Comparison:
    """Entry by entry the same bits: -0.0 is not 0.0, and a NaN is any NaN. Exact numbers are compared as numbers."""
    worst, holds, entries = 0.0, True, 0
    for one, two in zip(left, right, strict=True):
        entries += 1
        if _bits(one) != _bits(two):
            holds, gap = False, abs(float(one) - float(two))
            worst = max(worst, gap) if gap == gap else math.inf
    return Comparison(worst, 0.0, holds, entries > 0)


def _bits(number: Any) -> Any:
    if not isinstance(number, float):
        return number
    return "nan" if math.isnan(number) else (number, math.copysign(1.0, number))


def _leaves(ob: Ob, observed: Any) -> list[Any]:
    return [number for leaf in flatten(ob, observed) for number in leaf]


def instances_of(stated: Law, examples: int) -> int:
    """How many instances of a law are drawn where ``examples`` is the usual number."""
    return max(2 * stated.minimum, examples // 10) if stated.costly else examples


@dataclass(slots=True)
class Tally:
    """What a run of instances has found so far."""

    instances: int = 0
    witnesses: int = 0
    worst: Comparison = field(default=Comparison(0.0, 0.0, True, False))
    failed: dict[str, Any] | None = None

    def add(self, comparison: Comparison, example: Callable[[], dict[str, Any]], *, negative: bool) -> None:
        """Count one instance; keep the first that does not hold."""
        self.instances += 1
        self.witnesses += comparison.counts
        if comparison.share >= self.worst.share:
            self.worst = comparison
        if comparison.holds == negative and self.failed is None:
            self.failed = example() | {"gap": comparison.gap, "allowed": comparison.allowed}


def try_instance(
    stated: Law,
    name: str,
    engine: Any,
    bounds: Any,
    draws: Draws,
    tally: Tally,
    mutant: Mutant | None = None,
    only: int | None = None,
) -> None:
    """State a law at what ``draws`` gives, in ``engine`` and in the category of bounds, and compare the sides.

    ``only`` is the number of the one equation to look at. Raises EngineRaised where the engine raises an exception.
    """
    tracked: list[tuple[Arrow, Arrow, Any]] = []
    for number, (claim, lhs, rhs) in enumerate(_claimed(stated, name, engine, draws, mutant)):
        if only is not None and number != only:
            continue
        fixed = None if isinstance(claim, Equation) else claim.point
        special = engine.precision if isinstance(claim, Bitwise) and claim.special else ""
        point = draws.point(f"point {number}", lhs.dom, special) if fixed is None else fixed
        draws.points[f"point {number}"] = lhs.dom, point
        try:
            left, right = (_seen(engine, side, point) for side in (lhs, rhs))
        except (MissingOperation, RecursionError, Unstated):
            raise
        except Exception as fault:
            raise EngineRaised(number, fault) from fault
        if isinstance(claim, Bitwise) or (stated.floats and fixed is not None):
            found = compare_bits(left, right)
        elif left == right and all(map(_is_finite, left)):
            found = compare(left, right, [0.0] * len(left))  # equal to the bit: no bound is needed
        else:
            tracked = tracked or list(sides(stated, world(name, DrawnSource(bounds, draws), mutant)))
            low, high, _ = tracked[number]
            bound = _total_bound(bounds, lhs.cod, [side.run(bounds.lift(lhs.dom, point)) for side in (low, high)])
            found = compare(left, right, bound)
        trivial = is_trivial(lhs.cod) or not found.counts
        counted = Comparison(found.gap, found.allowed, found.holds, not trivial)
        example = _example(stated, name, engine.name, number, draws)
        tally.add(counted, example, negative=isinstance(claim, Counterexample))


def _claimed(
    stated: Law, name: str, engine: Any, draws: Draws, mutant: Mutant | None
) -> list[tuple[Claim, Arrow, Arrow]]:
    """The claims of a law. Raises EngineRaised where the fault is with an operation or a method of another's, and
    Unstated where the law asks for more than a category of another's has."""
    try:
        return list(claims(stated, world(name, DrawnSource(engine, draws), mutant)))
    except (OwnFault, OperationFault) as fault:
        raise EngineRaised(0, fault) from fault
    except (MissingOperation, UsageError, Unstated):
        raise
    except Exception as fault:
        if declared(engine) is None:
            raise
        if isinstance(fault, BoundaryError):
            raise EngineRaised(0, fault) from fault
        raise Unstated(f"the law asks for more than a category: {type(fault).__name__}: {fault}") from fault


def _lacking(engine: Any, fault: MissingOperation) -> str:
    """Why a law is not run where an operation is missing: no more than was declared, where operations are."""
    return str(fault) if hasattr(engine, "operations") else f"the engine lacks an operation: {fault}"


def _is_finite(number: Any) -> bool:
    return not isinstance(number, float) or math.isfinite(number)


def _seen(engine: Any, side: Arrow, point: Any) -> list[Any]:
    """The entries of the value of one side at an exact point; of an engine that rounds, as Python's own numbers.

    What a number of the engine's own says of ``==`` is not asked.
    """
    entries = _numbers(side.cod, engine.lower(side.cod, side.run(engine.lift(side.dom, point))))
    return entries if engine.precision == "exact" else [_plain(entry) for entry in entries]


def _plain(number: Any) -> Any:
    return number if type(number) in (float, int, Fraction) else float(number)


def _numbers(ob: Ob, observed: Any) -> list[Any]:
    """The entries of what ``lower`` gave. Raises DataError where it is no value of the object."""
    try:
        found = flatten(ob, observed)
    except ValueError as fault:
        raise DataError(f"`lower` gave no value of {ob}: {fault}") from fault
    for leaf, entries in zip(leaves(ob), found, strict=True):
        if not isinstance(entries, tuple):
            raise DataError(f"`lower` gave {type(entries).__name__} for {leaf}, not a tuple of its entries")
        if len(entries) != size(leaf):
            raise DataError(f"`lower` gave {len(entries)} entries for {leaf}, which has {size(leaf)}")
    entries = [entry for each in found for entry in each]
    for entry in entries:
        if not hasattr(entry, "__float__"):  # as real numbers have, and expressions for them
            raise DataError(f"`lower` gave {entry!r} in {ob}, which is {type(entry).__name__} and no real number")
    return entries


def _example(stated: Law, name: str, engine: str, number: int, draws: Draws) -> Callable[[], dict[str, Any]]:
    return lambda: {"law": stated.name, "world": name, "engine": engine, "equation": number} | draws.as_example()


def _total_bound(bounds: Any, ob: Ob, values: list[Value]) -> list[float]:
    """The sum of the errors of both sides: neither is taken for the truth."""
    errors = [_leaves(ob, bounds.bound(ob, value)) for value in values]
    return [sum(entry) for entry in zip(*errors, strict=True)]


def sampled(
    stated: Law,
    name: str,
    engine: CheckableEngine,
    bounds: Any,
    examples: int,
    mutant: Mutant | None = None,
    seed: int = 0,
    *,
    shrink: bool = True,
) -> Verdict:
    """Draw instances with Hypothesis, and compare the sides of the law in ``engine`` within the derived bound.

    ``bounds`` is an engine whose values carry rounding errors (``bound(ob, value)`` gives them). A failing instance is
    shrunk where that is asked for, except against a mutant, where any will do.
    """
    from hypothesis import HealthCheck, Phase, given, settings, strategies
    from hypothesis import seed as seeded_by
    from hypothesis.errors import Flaky, Unsatisfiable

    if why := absent(engine, name):
        return not_run("hypothesis", why)
    tally, start = Tally(), time.perf_counter()
    phases = [Phase.generate, Phase.shrink] if shrink and not mutant else [Phase.generate]

    @seeded_by(seed)
    @settings(
        max_examples=instances_of(stated, examples),
        deadline=None,
        database=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.randoms(use_true_random=False))  # shrinks like any strategy, and draws ten times faster
    def run(random: Any) -> None:
        tally.failed = None
        draws = drawing(engine, name, random.choice, stated.style)
        try:
            try_instance(stated, name, engine, bounds, draws, tally, mutant)
        except EngineRaised as fault:
            tally.failed = _example(stated, name, engine.name, fault.equation, draws)() | fault.as_example()
        if tally.failed is not None:
            raise _Refuted

    try:
        run()
    except (_Refuted, Unsatisfiable):  # where every instance was thrown away there are no witnesses
        pass
    except Unstated as fault:
        return not_run("hypothesis", fault)
    except MissingOperation as fault:
        if declared(engine) is None and not hasattr(engine, "operations"):
            raise
        return not_run("hypothesis", _lacking(engine, fault))
    except Flaky:  # the same draws, another outcome: the engine has state
        told = {"raised": "the same instance gave different results: the engine is not deterministic"}
        tally.failed = {"gap": math.inf, "allowed": 0.0} | (tally.failed or {"law": stated.name, "world": name}) | told
    return _verdict(stated, tally, "hypothesis", time.perf_counter() - start)


class _Refuted(Exception):
    """An instance of a law does not hold."""


class EngineRaised(Exception):
    """An engine raised an exception on an instance, which is no way to satisfy a law."""

    def __init__(self, equation: int, fault: Exception) -> None:
        super().__init__(str(fault))
        self.equation = equation
        self.fault = fault

    def as_example(self) -> dict[str, Any]:
        """What was raised, with an infinite gap."""
        return {"gap": math.inf, "allowed": 0.0, "raised": f"{type(self.fault).__name__}: {self.fault}"}


def _verdict(stated: Law, tally: Tally, method: str, seconds: float) -> Verdict:
    gap, allowed = tally.worst.gap, tally.worst.allowed
    if tally.failed is not None:
        failed = tally.failed
        return Verdict(
            Strength.REFUTED, method, tally.witnesses, failed["gap"], failed["allowed"], failed, seconds=seconds
        )
    if tally.witnesses < (1 if stated.negative else stated.minimum):
        reason = f"{tally.witnesses} non-trivial instances of {tally.instances}; the law asks for {stated.minimum}"
        return Verdict(Strength.VACUOUS, method, tally.witnesses, gap, allowed, reason=reason, seconds=seconds)
    return Verdict(Strength.SAMPLED, method, tally.witnesses, gap, allowed, seconds=seconds)


# ------------------------------------------------------------------------------------------------ exactly


def exact(
    stated: Law,
    name: str,
    engine: Any,
    decide: Callable[[Any, Any], str],
    choices: Iterable[Choose],
    mutant: Mutant | None = None,
    enough: int | None = None,
) -> Verdict:
    """Decide the law at drawn morphisms for *all* inputs: ``engine.symbols(ob)`` are the inputs, ``decide`` the judge.

    ``enough`` instances end it: where an engine has few operations, more are tried than can be drawn. ``decide(l, r)``
    answers "equal", "different" or "undecided". One undecided entry makes the whole undecided.
    """
    start, count, lacking, stated_at = time.perf_counter(), _Decided(), "", 0
    if why := absent(engine, name):
        return not_run("normal form", why)
    for choose in choices:
        if stated_at == enough:
            break
        draws = drawing(engine, name, choose, stated.style)
        try:
            failed = _decide_instance(stated, name, engine, decide, draws, count, mutant)
            stated_at += 1
        except Unstated as fault:
            return not_run("normal form", fault)
        except MissingOperation as fault:
            if declared(engine) is None:
                raise
            lacking, failed = _lacking(engine, fault), None
        except RecursionError:
            if declared(engine) is None:
                raise
            return not_run("normal form", "a composite of the engine goes beyond Python's recursion limit")
        except EngineRaised as fault:
            failed = _example(stated, name, engine.name, fault.equation, draws)() | fault.as_example()
        if failed is not None:
            seconds = time.perf_counter() - start
            return Verdict(Strength.REFUTED, "normal form", count.witnesses, example=failed, seconds=seconds)
    if lacking and (not hasattr(engine, "operations") or count.too_few(stated)):
        return not_run("normal form", lacking)
    return count.verdict(stated, time.perf_counter() - start)


@dataclass(slots=True)
class _Decided:
    """What deciding instances has come to so far."""

    instances: int = 0
    witnesses: int = 0
    undecided: str = ""

    def too_few(self, stated: Law) -> bool:
        """Whether too few instances were not trivial."""
        return self.witnesses < (1 if stated.negative else min(stated.minimum, 3))

    def verdict(self, stated: Law, seconds: float) -> Verdict:
        """The verdict where nothing was refuted."""
        if self.undecided:
            return Verdict(Strength.UNDECIDED, "normal form", self.witnesses, reason=self.undecided, seconds=seconds)
        if self.too_few(stated):
            reason = f"{self.witnesses} non-trivial instances of {self.instances}"
            return Verdict(Strength.VACUOUS, "normal form", self.witnesses, reason=reason, seconds=seconds)
        return Verdict(Strength.EXACT, "normal form", self.witnesses, 0.0, 0.0, seconds=seconds)


def _decide_instance(
    stated: Law,
    name: str,
    engine: Any,
    decide: Callable[[Any, Any], str],
    draws: Draws,
    count: _Decided,
    mutant: Mutant | None,
) -> dict[str, Any] | None:
    """Decide every equation of one instance; the example where one is refuted. Raises EngineRaised for a category of
    another's that raises an exception."""
    for number, (claim, lhs, rhs) in enumerate(_claimed(stated, name, engine, draws, mutant)):
        fixed = claim.point if isinstance(claim, Counterexample) else None
        count.instances += 1
        try:
            left, right = (_generic(engine, side, fixed) for side in (lhs, rhs))
        except (MissingOperation, RecursionError, Unstated):
            raise
        except Exception as fault:
            if declared(engine) is None:
                raise
            raise EngineRaised(number, fault) from fault
        answers = [decide(one, two) for one, two in zip(left, right, strict=True)]
        if ("different" in answers) != (fixed is not None) and "undecided" not in answers:
            at = _separating(engine, decide, lhs, rhs, draws.choose) if fixed is None else fixed
            draws.points[f"point {number}"] = lhs.dom, at
            return _example(stated, name, engine.name, number, draws)()
        if "undecided" in answers and "different" not in answers:
            count.undecided = f"{left} = {right}"[:200]
        count.witnesses += bool(answers)
    return None


def _generic(engine: Any, side: Arrow, fixed: Any) -> list[Any]:
    """The entries of one side at inputs of its own, so that a side that writes to its inputs is seen."""
    point = engine.symbols(side.dom) if fixed is None else engine.lift(side.dom, fixed)
    return _leaves(side.cod, engine.lower(side.cod, side.run(point)))


def _separating(engine: Any, decide: Callable[[Any, Any], str], lhs: Arrow, rhs: Arrow, choose: Choose) -> Any:
    """A drawn point at which two different maps differ, so that a refutation can be replayed on numbers."""
    point = draw_exact(choose, lhs.dom)
    for _ in range(20):
        left, right = (_seen(engine, side, point) for side in (lhs, rhs))
        if any(decide(one, two) == "different" for one, two in zip(left, right, strict=True)):
            break
        point = draw_exact(choose, lhs.dom)
    return point


def replay(example: dict[str, Any], engine: Any, bounds: Any) -> Tally:
    """An example of a report, stated again in ``engine``. Raises UsageError where the example is not one of a law."""
    stated = LAWS.get(str(example.get("law")))
    name = str(example.get("world"))
    if stated is None or name not in stated.worlds:
        raise UsageError(f"the example is of the law {example.get('law')!r} in {name!r}, which is not stated here")
    if why := absent(engine, name):
        raise UsageError(f"the example is of the world {name!r}: {why}")
    tally, draws = Tally(), replayed(example)
    draws.by_terms = draws.by_terms or declared(engine) is not None
    try:
        try_instance(stated, name, engine, bounds, draws, tally, only=int(example.get("equation", 0)))
    except EngineRaised as fault:
        tally.failed = fault.as_example()
    return tally


def not_run(method: str, fault: VerifiedCatError | str) -> Verdict:
    """A verdict for what could not be run, with the reason."""
    return Verdict(Strength.NOT_RUN, method, reason=str(fault))


# ------------------------------------------------------------------------------------------------ audits


Planted = Mapping[str, Callable[[], Iterable[Any]]]
"""Faults by what they are, each with what an audit finds wrong where it is planted: nothing, if it is not noticed."""


@dataclass(frozen=True, slots=True)
class Audit:
    """A law about the suite itself. ``run`` gives how many things were looked at and what was wrong with them;
    ``controls`` are the faults planted for it, at least one, each of which it must notice. ``strength`` is what it
    says where nothing was wrong: exact, or proved where what it looks at are proofs."""

    name: str
    title: str
    statement: str
    source: str
    run: Callable[[], tuple[int, list[str]]]
    controls: Planted
    strength: Strength = Strength.EXACT

    def __post_init__(self) -> None:
        """Raises UsageError for an audit that could not be seen to notice anything."""
        if not self.controls:
            raise UsageError(f"the audit {self.name} plants no fault, so that nothing shows that it would notice one")

    def missed(self) -> list[str]:
        """The planted faults at which nothing is found wrong."""
        return [fault for fault, found in self.controls.items() if next(iter(found()), None) is None]

    def verdict(self) -> Verdict:
        """The strength where everything was looked at, nothing was wrong and every planted fault was noticed."""
        start = time.perf_counter()
        try:
            looked, wrong = self.run()
            missed = [f"not noticed: {fault}" for fault in self.missed()]
        except MissingExtra as fault:  # about a part that is not installed
            return not_run("audit", fault)
        seconds = time.perf_counter() - start
        if wrong or missed:
            return Verdict(Strength.REFUTED, "audit", looked, example=[*wrong, *missed], seconds=seconds)
        if not looked:
            return Verdict(Strength.VACUOUS, "audit", reason="there was nothing to look at", seconds=seconds)
        return Verdict(self.strength, "audit", looked, seconds=seconds)


AUDITS: dict[str, Audit] = {}
"""Every law about the suite, by its name in the catalogue."""


def audit(
    name: str, *, source: str, controls: Planted, strength: Strength = Strength.EXACT
) -> Callable[[Callable[[], tuple[int, list[str]]]], Callable[[], tuple[int, list[str]]]]:
    """Enter the decorated function into ``AUDITS``. Its docstring is the statement, its name the title."""

    def enter(run: Callable[[], tuple[int, list[str]]]) -> Callable[[], tuple[int, list[str]]]:
        statement = " ".join((run.__doc__ or "").split())
        AUDITS[name] = Audit(name, run.__name__.replace("_", " "), statement, source, run, controls, strength)
        return run

    return enter

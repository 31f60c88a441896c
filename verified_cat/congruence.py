"""The congruence ~ that the equations of a schema generate on its paths: what follows from them, and what does not.

The word problem is undecidable in general. Two ways are taken: the equations are completed to rewriting rules with
unique normal forms (Knuth and Bendix 1970), which decides every question where it ends; else the paths up to a length
are joined by single rewritings, and the answer says up to which length was looked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from typing import Literal

from verified_cat.objects import Ob, size
from verified_cat.schema import Path, PathEquation, Schema

Word = tuple[str, ...]
"""The edges of a path; where it is not empty it says where it starts."""

Entailment = Literal["follows", "does not follow", "unknown"]

RULES, PAIRS, LONGEST = 24, 400, 24
"""A completion ends without success after so many rules, or pairs of them, or at a path of more edges than that."""


# ------------------------------------------------------------------------------------------------ completion


@dataclass(frozen=True)
class Rules:
    """old → new, each new path shorter, or of the same length and earlier in the declared order of the edges.

    Where ``complete``, every path has one normal form, and u ~ v just when theirs are equal.
    """

    rules: Mapping[Word, Word]
    complete: bool

    def normal(self, word: Word) -> Word:
        """The path to which the rules reduce this one."""
        return _normal(self.rules, word)


@cache
def completed(schema: Schema) -> Rules:
    """The equations as rewriting rules, completed within ``RULES`` and ``PAIRS`` (Knuth and Bendix 1970)."""
    order = {edge.name: position for position, edge in enumerate(schema.edges)}
    rules: dict[Word, Word] = {}
    pending = [_weighed(each.lhs.edges, each.rhs.edges, order) for each in schema.equations]
    pending.sort()
    for _ in range(PAIRS):
        if not pending:
            return Rules(rules, True)
        *_, one, other = heappop(pending)
        one, other = _normal(rules, one), _normal(rules, other)
        if one == other:
            continue
        old, new = (one, other) if _key(one, order) > _key(other, order) else (other, one)
        for known in [known for known in rules if _occurs(old, known)]:
            heappush(pending, _weighed(known, rules.pop(known), order))
        rules[old] = new
        if len(rules) > RULES or len(old) > LONGEST:
            break
        for known in rules:
            for left, right in (*_overlaps(rules, old, known), *_overlaps(rules, known, old)):
                heappush(pending, _weighed(left, right, order))
    return Rules(rules, False)


def _key(word: Word, order: Mapping[str, int]) -> tuple[int, list[int]]:
    return len(word), [order[name] for name in word]


def _weighed(one: Word, other: Word, order: Mapping[str, int]) -> tuple[int, list[int], list[int], Word, Word]:
    """The pair behind what it is sorted by: short ones are looked at first."""
    return len(one) + len(other), _key(one, order)[1], _key(other, order)[1], one, other


def _normal(rules: Mapping[Word, Word], word: Word) -> Word:
    position = 0
    while position < len(word):
        for old, new in rules.items():
            if word[position : position + len(old)] == old:
                word = word[:position] + new + word[position + len(old) :]
                position = 0
                break
        else:
            position += 1
    return word


def _occurs(short: Word, long: Word) -> bool:
    return any(long[start : start + len(short)] == short for start in range(len(long) - len(short) + 1))


def _overlaps(rules: Mapping[Word, Word], first: Word, second: Word) -> Iterator[tuple[Word, Word]]:
    """What w = first ∪ second, overlapping, is reduced to by the one rule and by the other."""
    for shared in range(1, min(len(first), len(second))):
        if first[-shared:] == second[:shared]:
            yield rules[first] + second[shared:], first[:-shared] + rules[second]


# ------------------------------------------------------------------------------------------------ what follows


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an equation follows, and why: the ``chain`` of single rewritings from one side to the other where one was
    found, else what was looked at."""

    entailment: Entailment
    why: str
    chain: tuple[Path, ...] = ()

    def __str__(self) -> str:
        shown = " = ".join(map(str, self.chain)) if self.chain else self.why
        return f"{'does not follow' if self.entailment == 'unknown' else self.entailment}: {shown}"


def decided(schema: Schema, equation: PathEquation, length: int = 8, paths: int = 4000) -> Answer:
    """Whether the equation follows from those of the schema: by the completed rules, or by all rewritings of lhs
    through paths of at most ``length`` edges, and no more than ``paths`` of them."""
    schema.check(equation)
    known, sides = completed(schema), (equation.lhs.edges, equation.rhs.edges)
    chain, looked = _chain(schema, equation, length, paths)
    if chain:
        return Answer("follows", f"in {len(chain) - 1} rewritings", chain)
    ends = [known.normal(side) for side in sides]
    if ends[0] == ends[1]:
        return Answer("follows", f"both sides reduce to {Path(equation.lhs.source, ends[0])}")
    if known.complete:
        left, right = (str(Path(equation.lhs.source, end)) for end in ends)
        return Answer("does not follow", f"the normal forms are {left} and {right}")
    return Answer("unknown", f"up to length {length}, by {looked} paths equal to {equation.lhs}")


def _chain(schema: Schema, equation: PathEquation, length: int, most: int) -> tuple[tuple[Path, ...], int]:
    """The shortest chain of rewritings from lhs to rhs through short paths, or none, and how many were looked at."""
    source, goal = equation.lhs.source, equation.rhs.edges
    before: dict[Word, Word | None] = {equation.lhs.edges: None}
    pending = deque(before)
    while pending and len(before) < most:
        here = pending.popleft()
        for other in _rewritings(schema, Path(source, here)):
            if other not in before and len(other) <= max(length, len(goal)):
                before[other] = here
                pending.append(other)
        if goal in before:
            found: list[Path] = []
            step: Word | None = goal
            while step is not None:
                found.append(Path(source, step))
                step = before[step]
            return tuple(reversed(found)), len(before)
    return (), len(before)


def follows(schema: Schema, equation: PathEquation, bound: int = 200) -> Entailment:
    """Whether lhs ~ rhs is in the least congruence that contains the equations of the schema (law CONG).

    Decided by normal forms where the rules could be completed. Else the paths equal to lhs and those equal to rhs are
    enumerated in turns, short ones first; after ``bound`` rewritten paths the answer is "unknown".
    """
    schema.check(equation)
    rules, sides = completed(schema), (equation.lhs.edges, equation.rhs.edges)
    if rules.normal(sides[0]) == rules.normal(sides[1]):
        return "follows"
    return "does not follow" if rules.complete else _enumerated(schema, equation, bound)


def _enumerated(schema: Schema, equation: PathEquation, bound: int) -> Entailment:
    """``follows`` by enumeration alone; "does not follow" where one of the two classes was seen whole."""
    sides = (equation.lhs.edges, equation.rhs.edges)
    seen = [{edges} for edges in sides]
    pending = [[(len(edges), edges)] for edges in sides]
    for turn in range(bound):
        here = turn % 2
        if not pending[here]:
            return "does not follow"
        _, edges = heappop(pending[here])
        for other in _rewritings(schema, Path(equation.lhs.source, edges)):
            if other in seen[1 - here]:
                return "follows"
            if other not in seen[here]:
                seen[here].add(other)
                heappush(pending[here], (len(other), other))
    return "unknown"


def _rewritings(schema: Schema, path: Path) -> Iterator[Word]:
    """The paths one step from this one: w;u;w' for w;v;w', for each equation u = v, read both ways."""
    stops = [path.source, *(schema.edge(name).target for name in path.edges)]
    for equation in schema.equations:
        for old, new in ((equation.lhs, equation.rhs), (equation.rhs, equation.lhs)):
            length = len(old.edges)
            for start in range(len(path.edges) - length + 1):
                if path.edges[start : start + length] == old.edges and stops[start] == old.source:
                    yield path.edges[:start] + new.edges + path.edges[start + length :]


def equal_paths(schema: Schema, path: Path, bound: int = 50) -> Iterator[Path]:
    """Paths equal to this one, itself first, short ones first; at most ``bound``."""
    seen: set[Word] = {path.edges}
    pending = [(len(path.edges), path.edges)]
    for _ in range(bound):
        if not pending:
            return
        _, edges = heappop(pending)
        yield Path(path.source, edges)
        for other in _rewritings(schema, Path(path.source, edges)):
            if other not in seen:
                seen.add(other)
                heappush(pending, (len(other), other))


# ------------------------------------------------------------------------------------------------ reduction


def reduced(schema: Schema, bound: int = 50) -> tuple[tuple[str, ...], dict[str, Path]]:
    """(the edges that are kept, for each that is not the path that it equals): what the slides call transitive, exact.

    An edge goes where it is equal, under ~, to a path of edges that are kept; each is asked in declared order, so the
    answer depends on that order, as it must where there are cycles (law SCH-ISO). No edge goes for being reachable.
    """
    gone: dict[str, Path] = {}
    for edge in schema.edges:
        for path in equal_paths(schema, Path(edge.source, (edge.name,)), bound):
            if not {edge.name, *gone} & set(path.edges):
                gone[edge.name] = path
                break
    return tuple(edge.name for edge in schema.edges if edge.name not in gone), gone


def consequences(schema: Schema, length: int = 8) -> dict[PathEquation, Answer]:
    """For each equation, whether it follows from the others."""
    answers: dict[PathEquation, Answer] = {}
    for equation in schema.equations:
        others = tuple(each for each in schema.equations if each != equation)
        answers[equation] = decided(Schema(schema.name, schema.objects, schema.edges, others), equation, length)
    return answers


# ------------------------------------------------------------------------------------------------ obstructions


def dimension_obstruction(
    schema: Schema, objects: Mapping[str, Ob], supports: Collection[str] = (), bound: int = 50
) -> list[str]:
    """Why no continuous functor of the quotient has these spaces as images: id_A ~ u ; v through X with dim A > dim X.

    Then u would be an injection R^m → R^n with m > n, which invariance of domain forbids (law SCH-DIM); so inverse
    edges need equal dimensions. ``supports`` names the objects whose equations are asked for on the support of the data
    alone, of which this says nothing. The first ``bound`` paths equal to each identity are looked at.
    """
    found: dict[tuple[str, str], str] = {}
    for start in schema.objects:
        for path in equal_paths(schema, Path(start), bound) if start not in supports else ():
            for middle in (schema.edge(name).target for name in path.edges[:-1]):
                here, there = size(objects[start]), size(objects[middle])
                if here > there and (start, middle) not in found:
                    found[start, middle] = (
                        f"{schema.name}: {path} = id_{start} goes through {middle}, of dimension {there}, "
                        f"and {start} has dimension {here}"
                    )
    return list(found.values())

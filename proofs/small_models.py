"""Finite models whose opaque sorts have two values, or four: values are bits, and every question about them is decided.

A quantified equation is the conjunction of its instances, so a solver is asked about truth values alone, and no answer
is an unknown for want of an instance. What comes back is a table for each symbol, evaluated here by look-up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from verified_cat.errors import DataError
from verified_cat.objects import Ob, leaves
from verified_cat.proofs.smtlib import Formula, in_order
from verified_cat.proofs.solvers import Solver
from verified_cat.proofs.symbols import Node

Wide = frozenset[str]
"""The opaque sorts that have four values; the others have two."""

NARROW: Wide = frozenset()

LARGEST = 12
"""Bits of the variables of one formula, and of the argument of one symbol: beyond, no model is looked for."""

Bits = tuple[Any, ...]


def symbols_of(formulas: Sequence[Formula]) -> list[tuple[str, Ob, Ob]]:
    """The function symbols, numbered as they are met."""
    terms = in_order(side for formula in formulas for side in (formula.lhs, formula.rhs))
    return list(dict.fromkeys((each.name, each.parts[0].ob, each.ob) for each in terms if each.kind == "apply"))


def evaluated(
    formula: Formula, at: Bits, wide: Wide, apply: Callable[[tuple[str, Ob, Ob], Bits], Bits]
) -> tuple[Bits, Bits]:
    """Both sides at values of the variables; every value is the row of its bits, leaf by leaf."""
    found, start = dict[Node, Bits](), 0
    for variable in formula.variables:
        end = start + bits(variable.ob, wide)
        found[variable], start = at[start:end], end
    for term in in_order((formula.lhs, formula.rhs)):
        if term in found:
            continue
        parts = [found[part] for part in term.parts]
        if term.kind == "apply":
            found[term] = apply((term.name, term.parts[0].ob, term.ob), parts[0])
        elif term.kind == "left":
            found[term] = parts[0][: bits(term.ob, wide)]
        elif term.kind == "right":
            found[term] = parts[0][len(parts[0]) - bits(term.ob, wide) :]
        else:
            found[term] = tuple(bit for part in parts for bit in part)
    return found[formula.lhs], found[formula.rhs]


def bits(ob: Ob, wide: Wide) -> int:
    """How many bits a value of an object has."""
    return sum(2 if str(leaf) in wide else 1 for leaf in leaves(ob))


def sorts_of(formulas: Sequence[Formula]) -> list[str]:
    """The opaque sorts, as they are met."""
    obs = [ob for _, dom, cod in symbols_of(formulas) for ob in (dom, cod)]
    return list(dict.fromkeys(str(leaf) for ob in obs for leaf in leaves(ob)))


def free_bits(formula: Formula, wide: Wide) -> int:
    """How many bits the values of its variables have."""
    return sum(bits(variable.ob, wide) for variable in formula.variables)


# ------------------------------------------------------------------------------------------------ models


@dataclass(frozen=True, slots=True)
class SmallModel:
    """A table for each symbol, in the order in which they are met, and the point at which a goal fails.

    A table is one whole number: its binary digits are the values at 0, 1, 2, ..., the first at the front.
    """

    wide: Wide
    point: int
    tables: tuple[int, ...]

    def holds(self, formula: Formula, symbols: Sequence[tuple[str, Ob, Ob]]) -> bool:
        """Whether the equation holds at all values of its variables. Raises DataError where a table does not fit."""
        apply = self._applied(symbols)
        spaces = product((0, 1), repeat=free_bits(formula, self.wide))
        return all(lhs == rhs for lhs, rhs in (evaluated(formula, at, self.wide, apply) for at in spaces))

    def refutes(self, goal: Formula, symbols: Sequence[tuple[str, Ob, Ob]]) -> bool:
        """Whether the goal fails at the point. Raises DataError where a table does not fit."""
        at = _digits(self.point, free_bits(goal, self.wide))
        lhs, rhs = evaluated(goal, at, self.wide, self._applied(symbols))
        return lhs != rhs

    def _applied(self, symbols: Sequence[tuple[str, Ob, Ob]]) -> Callable[[tuple[str, Ob, Ob], Bits], Bits]:
        if len(symbols) != len(self.tables):
            raise DataError(f"a model has tables for {len(self.tables)} symbols, and {len(symbols)} occur")
        rows = {
            symbol: _rows(table, bits(symbol[1], self.wide), bits(symbol[2], self.wide))
            for symbol, table in zip(symbols, self.tables, strict=True)
        }
        return lambda symbol, argument: rows[symbol][argument]

    def as_json(self) -> list[Any]:
        """As a row: the sorts that are wide, the point, the tables in hexadecimal."""
        return [sorted(self.wide), self.point, " ".join(f"{table:x}" for table in self.tables)]

    @classmethod
    def from_json(cls, row: Any) -> SmallModel:
        """Raises DataError where it is no row of ``as_json``."""
        try:
            wide, point, tables = row
            return cls(frozenset(map(str, wide)), int(point), tuple(int(table, 16) for table in tables.split()))
        except (TypeError, ValueError, AttributeError) as fault:
            raise DataError(f"this is no model: {row!r:.80}") from fault


def _digits(number: int, count: int) -> Bits:
    if not 0 <= number < 1 << count:
        raise DataError(f"a model has {number} where a number of {count} bits is expected")
    return tuple(number >> place & 1 for place in reversed(range(count)))


def _rows(table: int, inside: int, outside: int) -> dict[Bits, Bits]:
    """Argument ↦ value."""
    digits = _digits(table, outside << inside)
    arguments = product((0, 1), repeat=inside)
    return {argument: digits[i * outside : (i + 1) * outside] for i, argument in enumerate(arguments)}


# ------------------------------------------------------------------------------------------------ questions


class Question:
    """Formulas over bits, as SMT-LIB: which of them hold, while a goal fails, is asked of one text after another."""

    def __init__(self, assumed: Sequence[Formula], goal: Formula, wide: Wide) -> None:
        self.wide, self.goal, self.assumed = wide, goal, list(assumed)
        self.symbols = symbols_of([*assumed, goal])
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}
        self._named: dict[str, str] = {}
        self._lines = [line for symbol in self.symbols for line in self._declared(symbol)]
        self._point = tuple(f"p{i}" for i in range(free_bits(goal, wide)))
        self._lines += [f"(declare-fun {each} () Bool)" for each in self._point]
        self._hold = [self._instances(formula) for formula in assumed]
        self._fails = f"(assert (not {_same(*evaluated(goal, self._point, wide, self._applied))}))"

    def _declared(self, symbol: tuple[str, Ob, Ob]) -> Iterator[str]:
        """The functions, one for each bit of a value, and a constant for each entry of their tables."""
        number, (_, dom, cod) = self._numbers[symbol], symbol
        inside = bits(dom, self.wide)
        for i in range(bits(cod, self.wide)):
            yield f"(declare-fun f{number}_{i} ({' '.join(['Bool'] * inside)}) Bool)"
        for row, argument in enumerate(product(("false", "true"), repeat=inside)):
            for i, value in enumerate(self._called(symbol, argument)):
                yield f"(declare-fun c{number}_{row}_{i} () Bool)"
                yield f"(assert (= c{number}_{row}_{i} {value}))"

    def _called(self, symbol: tuple[str, Ob, Ob], argument: Bits) -> Bits:
        number = self._numbers[symbol]
        heads = (f"f{number}_{i}" for i in range(bits(symbol[2], self.wide)))
        return tuple(f"({head} {' '.join(argument)})" if argument else head for head in heads)

    def _applied(self, symbol: tuple[str, Ob, Ob], argument: Bits) -> Bits:
        """Values are named, so that the text stays linear."""
        return tuple(self._name(text) for text in self._called(symbol, argument))

    def _name(self, text: str) -> str:
        if text not in self._named:
            self._named[text] = f"t{len(self._named)}"
            self._lines.append(f"(declare-fun {self._named[text]} () Bool)")
            self._lines.append(f"(assert (= {self._named[text]} {text}))")
        return self._named[text]

    def _instances(self, formula: Formula) -> str:
        spaces = product(("false", "true"), repeat=free_bits(formula, self.wide))
        sides = (evaluated(formula, at, self.wide, self._applied) for at in spaces)
        return "\n".join(f"(assert {_same(lhs, rhs)})" for lhs, rhs in sides)

    def model(self, left_out: Sequence[int], solver: Solver) -> SmallModel | None:
        """A model of all but those left out in which the goal fails, replayed here; None where there is none."""
        kept = [i for i in range(len(self.assumed)) if i not in left_out]
        lines = ["(set-logic ALL)", *self._lines, *(self._hold[i] for i in kept), self._fails, "(check-sat)", ""]
        outcome = solver.check("\n".join(lines))
        if outcome.answer != "sat":
            return None
        said = dict(re.findall(r"\(define-fun\s+([cp][\d_]+)\s+\(\)\s+Bool\s+(true|false)\)", outcome.model))
        found = self._read(said)
        fits = all(found.holds(self.assumed[i], self.symbols) for i in kept)
        return found if fits and found.refutes(self.goal, self.symbols) else None

    def _read(self, said: Mapping[str, str]) -> SmallModel:
        """The tables; an entry of which nothing was said is 0, and the replay decides whether that will do."""

        def number(names: Sequence[str]) -> int:
            return int("0" + "".join(str(int(said.get(name) == "true")) for name in names), 2)

        tables = tuple(
            number([f"c{k}_{row}_{i}" for row in range(1 << bits(dom, self.wide)) for i in range(bits(cod, self.wide))])
            for k, (_, dom, cod) in enumerate(self.symbols)
        )
        return SmallModel(self.wide, number(self._point), tables)


def _same(lhs: Bits, rhs: Bits) -> str:
    """The conjunction of the equations, bit by bit."""
    return f"(and true {' '.join(f'(= {x} {y})' for x, y in zip(lhs, rhs, strict=True))})"


def askable(formulas: Sequence[Formula], wide: Wide) -> bool:
    """Whether everything is small enough to be written out."""
    arguments = (bits(dom, wide) for _, dom, _ in symbols_of(formulas))
    return max((*arguments, *(free_bits(formula, wide) for formula in formulas)), default=0) <= LARGEST

"""Terms run by a stack machine: the value of a term, and D of it, at any depth of nesting.

``Functions`` and ``GAD`` make a closure of every node, which calls those of its parts; here their rules for ``>>`` and
``@`` are moves of a stack, and ⟨f, g⟩ is Δ ; (f ⊗ g). The leaves are theirs. Where both can run, they give the same
program, wire for wire: a test says so.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from verified_cat.category import interpret
from verified_cat.functions import Engine, Functions, Run, Value
from verified_cat.gad import Differentiable, reverse_mode
from verified_cat.terms import Compose, Copy, Identity, Pairing, Tensor, Term


class Move(Enum):
    """What happens to the entries of a stack between the leaves of a term; the top is written first."""

    SPLIT = "(x, y) : s ↦ x : y : s"
    FLIP = "x : y : s ↦ y : x : s"
    PAIR = "y : x : s ↦ (x, y) : s"


def steps(term: Term) -> list[Term | Move]:
    """The term as a list: its leaves in the order in which they are run, with moves between them."""
    found: list[Term | Move] = []
    pending: list[Term | Move] = [term]
    while pending:
        here = pending.pop()
        if isinstance(here, Compose):
            first, second = here._parts
            pending += [second, first]
        elif isinstance(here, Tensor):
            left, right = here._parts
            pending += [Move.PAIR, right, Move.FLIP, left, Move.SPLIT]
        elif isinstance(here, Pairing):
            left, right = here._parts
            pending += [Move.PAIR, right, Move.FLIP, left, Move.SPLIT, Copy(left.dom)]
        elif not isinstance(here, Identity):
            found.append(here)
    return found


def evaluator(term: Term, engine: Engine) -> Run:
    """f: the function of a term in an engine, prepared once."""
    functions = Functions(engine)
    found: dict[Term, Run] = {}
    prepared: list[Run | Move] = []
    for step in steps(term):
        if not isinstance(step, Move):
            if step not in found:
                found[step] = interpret(step, functions).run
            prepared.append(found[step])
        else:
            prepared.append(step)

    def run(value: Value) -> Value:
        stack = [value]
        for step in prepared:
            if isinstance(step, Move):
                _ahead(step, stack)
            else:
                stack.append(step(stack.pop()))
        return stack[0]

    return run


def evaluate(term: Term, value: Value, engine: Engine) -> Value:
    """f(x): the value of a term at a value of its domain."""
    return evaluator(term, engine)(value)


def differentiate(term: Term, value: Value, engine: Engine) -> tuple[Value, Callable[[Value], Value]]:
    """D f at x: (f(x), w ↦ J(x)ᵀ w). The pullback of each leaf is that of ``GAD``; they are run from last to first."""
    gad = reverse_mode(engine)
    leaves: dict[Term, Differentiable] = {}
    tape: list[Run | Move] = []
    stack = [value]
    for step in steps(term):
        if isinstance(step, Move):
            _ahead(step, stack)
            tape.append(step)
        else:
            if step not in leaves:
                leaves[step] = interpret(step, gad)
            image, pullback = leaves[step].run(stack.pop())
            stack.append(image)
            tape.append(pullback.run)

    def pulled(cotangent: Value) -> Value:
        stack = [cotangent]
        for step in reversed(tape):
            if isinstance(step, Move):
                _back(step, stack)
            else:
                stack.append(step(stack.pop()))
        return stack[0]

    return stack[0], pulled


def _ahead(move: Move, stack: list[Value]) -> None:
    top = stack.pop()
    if move is Move.SPLIT:
        left, right = top
        stack += [right, left]
    elif move is Move.FLIP:
        stack.insert(-1, top)
    else:
        stack.append((stack.pop(), top))


def _back(move: Move, stack: list[Value]) -> None:
    """What a move is for cotangents: its inverse, which is its transpose."""
    top = stack.pop()
    if move is Move.SPLIT:
        stack.append((top, stack.pop()))
    elif move is Move.FLIP:
        stack.insert(-1, top)
    else:
        left, right = top
        stack += [left, right]

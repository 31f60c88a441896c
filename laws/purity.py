"""Morphisms are functions: twice the same, nothing remembered, nothing written to what they are given."""

from verified_cat.check import Bitwise, law
from verified_cat.draw import Style
from verified_cat.equation import Equation
from verified_cat.functions import Functions
from verified_cat.objects import Pair
from verified_cat.primitives import scale_on
from verified_cat.worlds import Mutant


def counting(functions, operation):
    """An operation that remembers how often it was called, as a layer with a random state does."""
    right, calls = Functions.generator(functions, operation), []

    def run(x):
        calls.append(x)
        return Functions.meaning(Functions(functions.engine), scale_on(len(calls), right.cod)).run(right.run(x))

    return functions.arrow(right.dom, right.cod, run)


def in_place(functions, operation):
    """An operation that doubles what it was given, where that can be written to."""
    right = Functions.generator(functions, operation)

    def run(x):
        y = right.run(x)
        if getattr(getattr(x, "flags", None), "writeable", False):
            x[...] = x + x
        return y

    return functions.arrow(right.dom, right.cod, run)


@law(
    "META-PURE",
    "f : A -> B",
    worlds=("functions", "forward", "D", "lens"),
    source="derived here; a lens evaluates get twice, so that put is of the same function",
    equality="bitwise",
    style=Style("any", 3),
    without_solver="the statement is about what an engine does when it runs",
    mutants=(
        Mutant("functions", {"generator": counting}, "an operation has a hidden state"),
        Mutant("functions", {"generator": in_place}, "an operation writes to its input"),
    ),
)
def morphisms_are_pure(world, f):
    """Two evaluations agree to the bit, derivatives and puts included, and leave what they are given as it is."""
    seen, functions = world.observe(f), world.source.functions
    run = seen.run

    def evaluated_twice(x):
        return run(x), run(x)

    def copied(x):
        y = run(x)
        return y, y

    def left_behind(x):
        run(x)
        return x

    both = Pair(seen.cod, seen.cod)
    yield Bitwise(Equation(functions.arrow(seen.dom, both, evaluated_twice), functions.arrow(seen.dom, both, copied)))
    yield Bitwise(Equation(functions.arrow(seen.dom, seen.dom, left_behind), functions.identity(seen.dom)))

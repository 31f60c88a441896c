"""Residues in machine words: the ring is that of Python's integers, the functions obey what they are said to obey."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
import sympy

from verified_cat import primitives
from verified_cat.errors import DataError, MissingOperation
from verified_cat.functions import Functions
from verified_cat.instances import instance
from verified_cat.objects import Pair, Space, flatten, unflatten
from verified_cat.primitives import Primitive, symbol
from verified_cat.reference.arrays import ArrayEngine
from verified_cat.reference.field import Residues
from verified_cat.reference.modular import LOW, ModularEngine, random_prime
from verified_cat.terms import Copy, Discard, Identity, Pairing, Term, operations

RING = {"add", "negate", "scale", "sum", "broadcast", "reshape", "permute", "multiply", "contract", "constant", "slice"}


def test_primes() -> None:
    draw = Random(0)
    for _ in range(50):
        prime = random_prime(draw)
        assert LOW <= prime < 2 * LOW and sympy.isprime(prime)


def test_the_ring_is_that_of_integers() -> None:
    """On random polynomial terms: the same residues as with Python's integers."""
    seen = 0
    for index in range(300):
        term = instance(31, index).term
        if {operation.name for operation in operations(term)} <= RING:
            engine = ModularEngine(Random(index))
            x = engine.random(term.dom)
            integers = ArrayEngine(Residues(engine.prime, Random(0)))
            lifted = integers.lift(term.dom, _lowered(term, x))
            found = flatten(term.cod, Functions(engine).meaning(term)(x))
            expected = flatten(term.cod, Functions(integers).meaning(term)(lifted))
            for one, other in zip(found, expected, strict=True):
                assert one.tolist() == other.tolist(), index
            seen += 1
    assert seen > 60


def _lowered(term: Term, x: object) -> object:
    return unflatten(term.dom, [tuple(map(int, leaf.ravel())) for leaf in flatten(term.dom, x)])


def test_products_of_large_matrices() -> None:
    engine = ModularEngine(Random(1))
    x, y = engine.random(Pair(Space((2, 3000)), Space((3000, 2))))
    exact = x.astype(object) @ y.astype(object) % engine.prime
    assert engine.matmul(x, y).tolist() == exact.tolist()


def test_the_inverse() -> None:
    engine = ModularEngine(Random(2))
    x = engine.random(Space((100,)))
    assert (x * engine.inverse(x) % engine.prime == 1).all()
    assert engine.inverse(np.zeros(1, dtype=np.int64)) == 0
    assert engine.number(Fraction(2, 3)) * 3 % engine.prime == 2
    with pytest.raises(DataError, match="has no value"):
        engine.number(Fraction(1, engine.prime))


EQUATIONS: dict[str, tuple[Term, Term]] = {
    "relu x = x step x": (
        primitives.relu((9,)),
        Pairing(Identity(Space((9,))), primitives.step((9,))) >> primitives.multiply((9,)),
    ),
    "step relu x = step x": (primitives.relu((9,)) >> primitives.step((9,)), primitives.step((9,))),
    "step x + step -x = 1": (
        Pairing(primitives.step((9,)), primitives.negate((9,)) >> primitives.step((9,))) >> primitives.add((9,)),
        Discard(Space((9,))) >> primitives.constant((9,), 1),
    ),
    "exp x = exp x": (primitives.exp((9,)), Identity(Space((9,))) >> primitives.exp((9,))),
}


@pytest.mark.parametrize("name", EQUATIONS)
def test_what_the_functions_obey(name: str) -> None:
    one, other = EQUATIONS[name]
    engine = ModularEngine(Random(3))
    x = engine.random(one.dom)
    assert np.array_equal(Functions(engine).meaning(one)(x), Functions(engine).meaning(other)(x))


def test_different_functions_differ() -> None:
    engine = ModularEngine(Random(4))
    x = engine.random(Space((9,)))
    names = ["exp", "log", "sqrt", "sin", "cos", "tanh", "sigmoid", "reciprocal", "softplus", "relu", "step"]
    values = {tuple(engine.operation(Primitive(name, ((9,),)))(x).tolist()) for name in names}
    assert len(values) == len(names)
    assert engine.free == set(names) - {"reciprocal", "softplus"}  # a field has the one, and the other is a term
    whole = primitives.primitive("first_maximum", (3, 3), (1,))
    given = x.reshape(3, 3)
    assert np.array_equal(Functions(engine).meaning(whole)(given), Functions(engine).meaning(whole)(given.copy()))


def test_a_rational_program_has_no_free_function() -> None:
    engine = ModularEngine(Random(5))
    term = Copy(Space((2,))) >> primitives.multiply((2,)) >> primitives.reciprocal((2,))
    Functions(engine).meaning(term)(engine.random(term.dom))
    assert engine.free == set()
    with pytest.raises(MissingOperation, match="no operation of the table"):
        engine.operation(symbol("f", Space(()), Space(())).operation)

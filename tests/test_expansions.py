"""Rows of the table as terms in simpler rows are what the rows are by definition, ties and empty axes included."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from verified_cat.expansions import EXPANSIONS, expanded
from verified_cat.functions import Functions
from verified_cat.lens import reverse_derivative
from verified_cat.objects import SCALAR, leaves
from verified_cat.primitives import Primitive, Symbol, primitive

sys.path.insert(0, str(Path(__file__).parent))
from exact_arrays import array, image, near, same

CONVOLVED: list[tuple[Any, ...]] = [
    ((2, 2, 4, 3), (4, 2, 3, 2), (1, 1), (0, 0), (1, 1), 1),
    ((3, 4, 4, 3), (2, 2, 3, 2), (2, 1), (1, 2), (1, 2), 2),
    ((1, 2, 5, 2), (2, 1, 2, 1), (3, 1), (1, 0), (2, 1), 2),
]
REDUCED: list[tuple[Any, ...]] = [
    ((1,), (0,)),
    ((5,), (0,)),
    ((2, 3, 4), (1,)),
    ((2, 3, 4), (2, 0)),
    ((2, 7), (1,)),
    ((7, 0), (0,)),
]
ALONG: list[tuple[Any, ...]] = [((3,), 0), ((2, 3, 4), 0), ((2, 3, 4), 1), ((2, 3, 4), 2)]
ARGUMENTS: dict[str, list[tuple[Any, ...]]] = {
    "convolve": CONVOLVED,
    "convolve_input": CONVOLVED,
    "convolve_weight": CONVOLVED,
    "maximum": REDUCED,
    "first_maximum": REDUCED,
    "softplus": [((),), ((2, 3),)],
    "softmax": ALONG,
    "log_softmax": ALONG,
    "one_hot": [((), 3), ((2, 2), 4), ((3,), 1), ((2,), 0), ((20,), 3)],
}
GIVEN = [(name, arguments) for name, rows in ARGUMENTS.items() for arguments in rows]
EXACT = ("convolve", "convolve_input", "convolve_weight", "maximum", "first_maximum", "one_hot")


def entries(name: str, shape: tuple[int, ...], seed: int) -> Any:
    """Many equal numbers for maxima, tenths between -1/2 and 7/2 for classes, small ones for exp."""
    drawn = array(*shape, seed=seed)
    if name in ("maximum", "first_maximum"):
        return drawn // 6 * Fraction(1)
    return drawn / 5 % 4 - Fraction(1, 2) if name == "one_hot" else drawn if name in EXACT else drawn / 8


@pytest.mark.parametrize(("name", "arguments"), GIVEN, ids=str)
def test_a_row_is_its_definition(name: str, arguments: tuple[Any, ...], plain: Functions) -> None:
    row, term = primitive(name, *arguments), expanded(Primitive(name, arguments))
    assert term is not None and (term.dom, term.cod) == (row.dom, row.cod)
    shapes = [leaf.shape for leaf in leaves(row.dom)]  # type: ignore[attr-defined]
    for seed in range(3):
        given = [entries(name, shape, seed + place) for place, shape in enumerate(shapes)]
        agree = same if name in EXACT else near
        assert agree(image(term, plain, *given), image(row, plain, *given))


@pytest.mark.parametrize("shape", [(2, 5), (1, 4)])
def test_the_slope_of_a_maximum_goes_to_the_first_of_equals(shape: tuple[int, int], plain: Functions) -> None:
    term = expanded(Primitive("maximum", (shape, (1,))))
    assert term is not None
    for seed in range(3):
        x, w = entries("maximum", shape, seed), array(shape[0], seed=seed)
        expected = np.zeros(shape, dtype=object)
        expected[np.arange(shape[0]), [list(row).index(max(row)) for row in x]] = w
        assert same(image(reverse_derivative(term), plain, x, w), expected)


def test_every_abbreviation_is_here_and_nothing_else_is_one() -> None:
    assert set(ARGUMENTS) == set(EXPANSIONS)
    assert expanded(Primitive("add", ((2,),))) is None
    assert expanded(Symbol("maximum", SCALAR, SCALAR)) is None

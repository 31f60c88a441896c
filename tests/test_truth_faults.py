"""What does not fit in what is known of the maps: truths of arrows and paths, and data carried along them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from verified_cat.linear_maps import hue, linear, luma, pool, turn
from verified_cat.schema_kinds import settings
from verified_cat.specification import Arrow, Specification, Thing, Unfit
from verified_cat.truth_faults import unfit_polynomial

NORMAL, MLP = settings("data", "normal"), settings("network", "mlp")


def unit(n: int) -> list[list[int]]:
    return [[int(i == j) for i in range(n)] for j in range(n)]


EYE = unit(2)


def whole(**changes: Any) -> Specification:
    """f : A → B → C ← P, and a fixed k; A and B are planes, C a line, P a picture, Q = A ⊗ B."""
    made: dict[str, Any] = {
        "name": "truths",
        "things": (
            Thing("A", (2,), data=NORMAL),
            Thing("B", (2,)),
            Thing("C", (1,)),
            Thing("P", (3, 4, 4), data=NORMAL),
            Thing("G", (4, 4)),
            Thing("Q", product=("A", "B")),
            Thing("W", (5,), data=NORMAL),
        ),
        "arrows": (
            Arrow("f", "A", "B", MLP),
            Arrow("g", "B", "A", MLP),
            Arrow("h", "B", "C", MLP),
            Arrow("k", "B", "A", frozen=settings("frozen", "turn", degrees=90)),
            Arrow("p", "P", "G", MLP),
            Arrow("q", "Q", "A", factors=(1,)),
            Arrow("l", "C", "B", MLP),
            Arrow("w", "W", "W", MLP),
            Arrow("qq", "Q", "Q", MLP),
        ),
    }
    return Specification(**made | changes)


def truth(name: str, kind: str, **options: Any) -> dict[str, Any]:
    return {"truth": ((name, settings("truth", kind, **options)),)}


def told(**changes: Any) -> list[tuple[Any, str]]:
    try:
        whole(**changes)
    except Unfit as unfit:
        return unfit.faults
    return []


MATRIX = "the matrix of the truth of {} has {} rows of {}; it needs {} rows of {}"
LINE = [[1, 0], [1, 1]]
TERM = "a term of the curve of l is a coefficient and 1 exponents from 0 to 8, not {}"


@pytest.mark.parametrize(
    ("name", "kind", "options", "reasons"),
    [
        ("f", "affine", {"matrix": EYE}, []),
        ("f", "affine", {"matrix": EYE, "shift": [1, 2]}, []),
        ("f ; g", "turn", {"degrees": 30}, []),
        ("id_A", "turn", {"degrees": 0}, []),
        ("f;g", "affine", {"matrix": EYE}, ["the truth of 'f;g': this path is written 'f ; g'"]),
        ("z", "affine", {"matrix": EYE}, ["the truth of 'z', which is no arrow and no path: "
                                          "no edge is called 'z'; known: f, g, h, k, l, p, q, qq, w"]),
        ("h ; f", "affine", {"matrix": EYE}, ["the truth of 'h ; f', which is no arrow and no path: "
                                              "the path h ; f is at C, where f : A → B does not start"]),
        ("h", "affine", {"matrix": [[1, 1]]}, []),
        ("h", "affine", {"matrix": EYE}, [MATRIX.format("h", 2, 2, 1, 2)]),
        ("l", "affine", {"matrix": [[1, 1]]}, [MATRIX.format("l", 1, 2, 2, 1)]),
        ("f", "affine", {"matrix": EYE, "shift": [1]}, ["the shift of the truth of f has 1 entries; it needs 2"]),
        ("f", "turn", {"degrees": 30, "up_to": "signed permutations"}, []),
        ("qq", "affine", {"matrix": unit(4), "up_to": "signed permutations"}, []),
        ("w", "affine", {"matrix": unit(5)}, []),
        ("w", "affine", {"matrix": unit(5), "up_to": "signed permutations"},
         ["signed permutations are tried one by one, up to dimension 4, not 5"]),
        ("p", "luma", {}, []),
        ("p", "luma", {"weights": [1, 2]}, ["the truth of p has 2 weights and needs as many channels; "
                                            "the pictures are (3, 4, 4)"]),
        ("p", "pool", {}, [MATRIX.format("p", 12, 48, 16, 48)]),
        ("p", "pool", {"size": 3}, ["the truth of p takes squares of 3 pixels, which do not fill 4 × 4"]),
        ("w", "pool", {}, ["the truth of w takes pictures, (height, width) or (channels, height, width), not (5,)"]),
        ("qq", "luma", {}, ["the truth of qq takes pictures, (height, width) or (channels, height, width), "
                            "not a product"]),
        ("f", "tint", {}, ["the truth 'tint' goes from a tinted picture to garment ⊗ tint, or back; "
                           "f goes from [2] to [2]"]),
        ("l", "curve", {"terms": LINE}, []),
        ("l", "curve", {"terms": [[1, 8]], "low": 0, "high": 0.5}, []),
        ("l", "curve", {"terms": [[1, 9]]}, [TERM.format("[1.0, 9.0]")]),
        ("l", "curve", {"terms": [[1, -1]]}, [TERM.format("[1.0, -1.0]")]),
        ("l", "curve", {"terms": [[1, 0.5]]}, [TERM.format("[1.0, 0.5]")]),
        ("l", "curve", {"terms": [[1, 0, 0]]}, [TERM.format("[1.0, 0.0, 0.0]")]),
        ("l", "curve", {"terms": LINE, "low": 1}, ["the low end of a curve lies below its high end"]),
        ("l ; h", "curve", {"terms": LINE}, ["a curve lies in the plane; C has the dimension 1"]),
    ],
)  # fmt: skip
def test_truths(name: str, kind: str, options: dict[str, Any], reasons: list[str]) -> None:
    assert told(**truth(name, kind, **options)) == [(("truth", name), reason) for reason in reasons]


def test_terms_of_polynomials() -> None:
    """A coefficient of any kind, and an exponent from 0 to 8 for each coordinate: each row that is none is told."""
    made = settings("frozen", "polynomial", terms=[[0.5, 0, 8], [1, 0, 9]])
    end = "a coefficient and 2 exponents from 0 to 8, not [1.0, 0.0, 9.0]"
    assert list(unfit_polynomial("it", made, 2)) == [f"a term of it is {end}"]
    assert len(list(unfit_polynomial("it", made, 1))) == 2


# ------------------------------------------------------------------------------------------------ data along a path


def along(path: str, of: str = "A", thing: str = "B", truths: dict[str, Any] | None = None, **options: Any) -> Any:
    things = tuple(
        Thing(each.name, each.shape, each.product, settings("data", "image", of=of, along=path, **options))
        if each.name == thing
        else each
        for each in whole().things
    )
    return told(things=things, **(truths or {}))


TURN = truth("f", "turn", degrees=30)


UNKNOWN = "B has its data along {}, and {} is neither fixed nor has it a truth that is a map"


@pytest.mark.parametrize(
    ("path", "options", "reasons"),
    [
        ("f", {"truths": TURN}, []),
        ("f ; k ; f", {"truths": TURN}, []),
        ("f", {"truths": TURN, "matrix": EYE}, []),
        ("f", {}, [UNKNOWN.format("f", "f")]),
        ("f ; g ; f", {}, [UNKNOWN.format("f ; g ; f", name) for name in "fgf"]),
        ("f ; g ; f", {"truths": truth("f ; g ; f", "affine", matrix=EYE)}, []),
        ("z", {}, ["B has its data along 'z', which is no path: no edge is called 'z'; "
                   "known: f, g, h, k, l, p, q, qq, w"]),
        ("k", {"truths": TURN}, ["B has its data from A along k, which starts from B"]),
        ("f ; h", {"truths": {"truth": TURN["truth"] + truth("h", "affine", matrix=[[1, 0]])["truth"]}},
         ["B takes points of dimension 2 along f ; h, which ends in dimension 1"]),
        ("f", {"truths": TURN, "matrix": [[1, 0, 0], [0, 1, 0]]},
         ["B takes points of dimension 3 along f, which ends in dimension 2"]),
        ("l", {"of": "C", "truths": truth("l", "curve", terms=LINE)},
         ["the image of C, which has no data of its own"]),
    ],
)  # fmt: skip
def test_data_along_paths(path: str, options: dict[str, Any], reasons: list[str]) -> None:
    assert along(path, **options) == [(("objects", "B", "data"), reason) for reason in reasons]


def test_data_of_a_line_along_a_path_to_a_plane() -> None:
    assert along("f", thing="C", truths=TURN, matrix=[[1, 0]]) == []
    wrong = "C takes points of dimension 1 along f, which ends in dimension 2"
    assert along("f", thing="C", truths=TURN) == [(("objects", "C", "data"), wrong)]


# ------------------------------------------------------------------------------------------------ linear maps


@pytest.mark.parametrize(
    ("found", "rows"),
    [
        (turn(Fraction(90)), ((0, -1), (1, 0))),
        (turn(Fraction(-180)), ((-1, 0), (0, -1))),
        (hue(Fraction(120)), ((0, 0, 1), (1, 0, 0), (0, 1, 0))),
        (hue(Fraction(240)), ((0, 1, 0), (0, 0, 1), (1, 0, 0))),
        (hue(Fraction(360)), ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
        (pool((2, 2), 2), ((Fraction(1, 4),) * 4,)),
        (luma((2, 1, 2), (Fraction(1), Fraction(3))), ((1, 0, 3, 0), (0, 1, 0, 3))),
        (linear(settings("frozen", "turn", degrees=180, shift=[1, 2]), (2,)), (((-1, 0), (0, -1)), (1, 2))),
        (linear(settings("frozen", "pool"), (2, 2)), (((Fraction(1, 4),) * 4,), ())),
        (linear(settings("frozen", "luma", weights=[2]), (1, 1, 1)), (((2,),), ())),
    ],
)
def test_linear_maps(found: Any, rows: Any) -> None:
    assert found == rows

"""Pages stay as they are: fixed values are written to the same bytes.

`python tests/test_pages_kept.py` writes `tests/pages.json` again; whoever changes a page looks at it first.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from verified_cat import notebook, page, plots, schema_page, schema_picture
from verified_cat.killing import Control, Kills
from verified_cat.laws.replaying import readable
from verified_cat.lens import Bundle, LensMap
from verified_cat.objects import SCALAR, Ob, Pair, Sort, space
from verified_cat.para import ParaMap
from verified_cat.primitives import cos, sin, symbol
from verified_cat.program import program
from verified_cat.reading import read
from verified_cat.report import Report, Row, Strength, Verdict
from verified_cat.schema import Edge, PathEquation, Schema
from verified_cat.schema import Path as Path_
from verified_cat.schema_file import load
from verified_cat.schema_sheets import (
    Ablation,
    Agreement,
    Effect,
    Figure,
    RunSheet,
    Samples,
    Sheet,
    Signature,
)
from verified_cat.terms import Term
from verified_cat.typeset import HALVES, MAPS, NAMES, SIGNS, SUB, SUPER, typeset
from verified_cat.worlds import Mutant

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).parent.parent
KEPT = Path(__file__).with_name("pages.json")

# ------------------------------------------------------------------------------------------------ learned functors

FOUND = Signature("collapse", "f", "found", "0.1", "below 0.5")
RUN = RunSheet(
    "seed-0",
    0,
    (("steps", "3"), ("rule", "adam")),
    (
        Samples("A", "data", ("data:image/png;base64,AA", "data:image/png;base64,BB"), True),
        Samples("f", "made of A", ("0.5", "<1>"), False, ("<svg></svg>",)),
        Samples("g", "plots alone", (), False, ("<svg></svg>", "<svg></svg>")),
    ),
    (FOUND, Signature("wander", "g", "not found", "2", "above 3"), Signature("lack", "h", "not decided", "-", "none")),
)
OTHER = RunSheet("seed-1", 1, (("steps", "4"), ("rate", "0.1")), (), (Signature("wander", "g", "not found", "2", "3"),))
SIDES = (
    Agreement("f", "agree", "they are near", (("seed-0, seed-1", 0.125),)),
    Agreement("g", "not identified by the data and the equations", "far", (("a", 1.0), ("b", 2.0))),
    Agreement("h", "not decided", "too few", ()),
)
FIGURES = (
    Figure("loss", (0.5, None), {"nothing": (1.0, 2.0), "linear": (3.0,)}, "at most 1"),
    Figure("rest", (0.25, 0.75), {"linear": (None,)}),
)
WHOLE = Sheet(
    "two runs", "<svg></svg>", (("f ; g = id", "1", "0.5", "mean square, on data"),), (("f", "warning", "no loss"),),
    "20 held-out examples", (RUN, OTHER), (("loss", "<svg></svg>"), ("rest", "<svg></svg>")), FIGURES, SIDES,
)  # fmt: skip
BARE = Sheet(
    "one run", "<svg></svg>", (), (), "2 examples", (OTHER,), (), (Figure("loss", (0.5,)),), (), "one run alone"
)
EFFECTS = (Effect("loss", (1.0, 2.0), (3.0, 4.0)), Effect("rest", (1.0, 2.0), (1.5, 0.5)))
ABLATIONS = (Ablation("f ; g", (0, 1), EFFECTS), Ablation("one", (3,), EFFECTS[:1]), Ablation("h", (), (), "none"))

# ------------------------------------------------------------------------------------------------ laws


def laws(pictures: dict[str, page.Picture], killed: bool) -> str:
    """The report of tests/test_page.py, in an environment that is everywhere the same."""
    from test_page import LAWS, report

    with TemporaryDirectory() as folder:
        report().write(Path(folder) / "report.json")
        found = read(Path(folder) / "report.json")
    same = replace(found, environment={"python": "3.x", "platform": "any"})
    wrong = Mutant("lens", {}, "put forgets"), Mutant("R", {}, "get is put")
    stated: Any = dict(LAWS) | {"RD.7": SimpleNamespace(**vars(LAWS["RD.7"]), mutants=wrong, worlds=("lens", "R"))}
    return page.html(same, stated, readable, KILLS if killed else None, pictures)


PICTURES: dict[str, page.Picture] = {"RD.7": "it is too large", "CAT-UNIT": ("composed", "<svg></svg>")}
KILLS = Kills(
    (Control("wrong", "RD.7", "operation", "refuted"), Control("odd", "CAT-UNIT", "rule", "survived")),
    {"RD.7": {"wrong": "refuted", "odd": "survived"}, "CAT-UNIT": {"wrong": "refuted", "odd": "raised"}},
    {"RD.7": {"put forgets (in lens)": "refuted"}},
    {"META-EQ": "it is about names"},
    3,
)

# ------------------------------------------------------------------------------------------------ all of them


def composed(terms: list[Term]) -> Term:
    """One after the other."""
    whole = terms[0]
    for each in terms[1:]:
        whole = whole >> each
    return whole


def row(*names: str) -> Schema:
    """Objects with an arrow from each to each later one, two back, and a loop on the first."""
    edges = [Edge(f"{a}{b}", a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    back = [Edge("back", names[-1], names[0]), Edge("again", names[-1], names[0])] if len(names) > 1 else []
    return Schema("<row>", names, (*edges, *back, Edge("loop", names[0], names[0])))


TEXTS = (
    "id ; f = f = f ; id.",
    "(f ; g) ; h = f ; (g ; h), and a is A.",
    "*not* a law: R[f] ; π₀ = x², ½ x'",
    "∂²f is symmetric",
    "get(a, b) = √(a + b)_n, [x] ↦ f(x); a - b",
    "D f = 3/4 · x*, {a} (b",
    "put ; get ≤ id, for all 2-cells; Arch_i A'",
    "f_(a ; b)⁻¹ = √x_1 - ¼ †",
    "scale x, scale(x), mean of R",
    "log exp = id ; a/b; 1.5 x",
    ") f ( , = g ]",
    "x = y, z = (u, v)",
    "[f = g",
    "f = g]",
    "{x = y",
    "x = y} and (a",
    "x_max = y, π_(in), a _ b",
    "A map, a map; f a map, a = A ; the A of a",
    "2-cells - minus -x / y",
    "⟨f, g⟩ ∘ (h; k)_0, f ; (g, h), ½ + 2/3 = 1⅓",
    "x', y'' ∘ z*, w* and (u)* · v†",
    "the word_i and the Arch_i of",
    "the Arch (x) and Arch[x] and Arch₁ and R(x) of an Arch",
    "the word(x), word[x] and word₁ of the R",
    "as 1-cells; the a - b, a ; b and (a",
    "step = 3",
    "3 = step and - step",
    "the step-size of a = b, a word, A ; word",
    "x [ (y, ] z } of",
    *(f"{name} a {name}(x) = {name}_i ; {name} and -{name}" for name in sorted(NAMES | MAPS)),
    *(f"x {sign} y{sign}" for sign in SIGNS),
    *(f"f{script} = f {script}" for script in (*SUPER, *SUB, "'", "_n", "*")),
    *(f"{half} x" for half in HALVES),
)
POINTS = [(0.0, 1.0), (1.0, 3.0), (2.0, math.inf), (4.0, 0.001)]
SERIES = {f"curve {place}": [(x, y * (place + 1)) for x, y in POINTS] for place in range(7)}


def schemas() -> dict[str, Callable[[], str]]:
    named = (
        "celeba",
        "circles",
        "coequalizer",
        "coupled",
        "cyclegan",
        "gan",
        "hub",
        "product",
        "pullback",
        "symmetric",
    )
    found = {name: ROOT / "examples" / "schemas" / f"{name}.toml" for name in named}
    drawn = {f"schema {name}": lambda path=path: schema_picture.svg(load(path)) for name, path in found.items()}
    rows = {f"row of {n}": lambda n=n: schema_picture.svg(row(*"ABCDEF"[:n]), False) for n in range(1, 7)}
    return drawn | rows  # type: ignore[return-value]


def shown() -> dict[str, Callable[[], str]]:
    """What a notebook shows, and formulas."""
    from test_notebook import SHOWN

    values = {f"value {place}": lambda value=value: notebook.html(value) for place, value in enumerate(SHOWN)}
    written = [value for value in SHOWN if hasattr(value, "_repr_latex_")]
    return values | {
        f"formula {place}": lambda value=value: notebook.latex(value) for place, value in enumerate(written)
    }  # type: ignore[return-value]


class Step:
    """What a notebook asks a compiled step for."""

    objective, rule = SimpleNamespace(param=space(2, 3) @ space(5)), SimpleNamespace(name="adam")
    engine, arena = SimpleNamespace(name="torch"), 96
    program, plan = SimpleNamespace(operations=(1, 2)), SimpleNamespace(calls=(1, 2, 3))


def wide(count: int, leaf: Ob = SCALAR) -> Ob:
    """A product of so many spaces."""
    whole = leaf
    for _ in range(count - 1):
        whole = Pair(whole, leaf)
    return whole


def rows(count: int) -> Report:
    exact = Row("L", "e", "m", {"-": Verdict(Strength.EXACT, "m")})
    return Report({("L", "e", str(number)): exact for number in range(count)})


LONG = symbol("a long name, with much in it, " * 6, wide(9, Sort("a space of a long name")), SCALAR)
NOTED: dict[str, Any] = {
    "a number": 3,
    "a step": Step(),
    "sixty rows": rows(60),
    "more rows": rows(61),
    "forty spaces": wide(40),
    "more spaces": wide(41),
    "sorts and spaces": Pair(Sort("S"), SCALAR),
    "a long symbol": LONG,
    "a long program": program(composed([sin(()), cos(())] * 31)),
    "sixty lines": program(composed([sin(())] * 59)),
    "a verdict": Verdict(Strength.REFUTED, "m", 3, 0.5, 0.25, {"x": "<1>"}, "why", 0.5),
    "a bare verdict": Verdict(Strength.EXACT, "m"),
    "a parametrised map": ParaMap("P", "A", "B", len),
    "a lens of functions": LensMap(Bundle("A", "A'"), Bundle("B", "B'"), len, len),
}

LONG_NAME = "e" * 60
TURN = Schema("turn", ("A",), (Edge(LONG_NAME, "A", "A"),), (PathEquation(Path_("A", (LONG_NAME,)), Path_("A", ())),))

CASES: dict[str, Callable[[], str]] = {
    "functors": lambda: schema_page.html([WHOLE, BARE], ABLATIONS),
    "functors without ablations": lambda: schema_page.html([WHOLE]),
    "laws": lambda: laws({}, False),
    "laws with pictures and kills": lambda: laws(PICTURES, True),
    "statements": lambda: "\n".join(map(typeset, TEXTS)),
    "points": lambda: plots.scatter("t", POINTS[:2], [(2.0, 5.0)], [((0.0, 1.0), (2.0, 5.0))], ("a", "b"), 1),
    "points alone": lambda: plots.scatter("<t>", POINTS[1:], numbered=3),
    "no points": lambda: plots.scatter("t", POINTS[2:3]),
    "curves": lambda: plots.curves("losses", SERIES, "loss"),
    "plain curves": lambda: plots.curves("losses", {"one": [(0.0, 1.0), (7.0, 9.0)]}, "loss", "epoch"),
    "points far away": lambda: plots.scatter("t", [(1e9, 5.0), (1e9, 5.0)]),
    "points nearly alike": lambda: plots.scatter("t", [(1e7, 0.0), (1e7 + 1e-8, 1e-9)]),
    "a long equation": lambda: schema_picture.svg(TURN),
    "steep curves": lambda: plots.curves("losses", {"one": [(0.0, 1e-9), (7.0, 3e4)]}, "loss"),
    "no curves": lambda: plots.curves("losses", {"one": []}, "loss"),
    **schemas(),
    **shown(),
    **{name: partial(notebook.html, value) for name, value in NOTED.items()},
    "formula of many spaces": lambda: notebook.latex(wide(41)),
    "formula of forty spaces": lambda: notebook.latex(wide(40)),
    "formula of many operations": lambda: notebook.latex(composed([sin(())] * 41)),
    "formula of forty operations": lambda: notebook.latex(composed([sin(())] * 40)),
    "formula of a name": lambda: notebook.latex(symbol("a_b{}^~$%#&\\→" + "long" * 20, Sort("S"), SCALAR)),
}  # fmt: skip


def digest(name: str) -> str:
    return sha256(CASES[name]().encode()).hexdigest()[:16]


def kept() -> Any:
    return json.loads(KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_a_page_is_the_kept_one(name: str) -> None:
    assert digest(name) == kept()[name]


def test_no_digest_is_kept_of_a_page_that_is_no_more() -> None:
    assert set(kept()) == set(CASES)


if __name__ == "__main__":
    KEPT.write_text(json.dumps({name: digest(name) for name in CASES}, indent=1) + "\n", encoding="utf-8")

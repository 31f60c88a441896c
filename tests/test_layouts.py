"""Pictures stay as they are: random values are drawn to the same bytes, on every machine and in every process.

`python tests/test_layouts.py` writes `tests/layouts.json` again; whoever changes a layout looks at the pictures first.
"""

from __future__ import annotations

import builtins
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from itertools import product
from math import fsum
from pathlib import Path as File
from random import Random
from typing import Any

import pytest

from examples import pictures as given
from verified_cat.diagrams import Diagram, diagram
from verified_cat.draw import Style, draw_object, draw_term, seeded
from verified_cat.drawing_faults import faults
from verified_cat.drawings import Drawing
from verified_cat.equation import Equation
from verified_cat.flows import Box, Flow
from verified_cat.learn import Learner
from verified_cat.lens import Bundle, LensMap
from verified_cat.networks import supervised
from verified_cat.objects import SCALAR, UNIT, Ob, Pair, Sort
from verified_cat.para import ParaMap
from verified_cat.placing import place
from verified_cat.primitives import cos, relu, sin, symbol
from verified_cat.schema import Edge, Path, PathEquation, Schema
from verified_cat.schema_file import load
from verified_cat.terms import Copy, Discard, Identity, Swap, Term
from verified_cat.two_ways import derivative, learner, lens

KEPT = File(__file__).with_name("layouts.json")
SEEDS = range(10)


def term(seed: int, fuel: int = 2) -> Term:
    choose = seeded(seed)
    return draw_term(choose, draw_object(choose), draw_object(choose), Style("any", fuel))


def para(seed: int) -> Term:
    choose = seeded(1000 + seed)
    param, dom, cod = draw_object(choose), draw_object(choose), draw_object(choose)
    return draw_term(choose, Pair(param, dom), cod, Style("any", 2))


def cell(inside: Term) -> ParaMap[Term]:
    return ParaMap(inside.dom.left, inside.dom.right, inside.cod, inside)  # type: ignore[attr-defined]


def tangle(seed: int) -> Flow:
    """Boxes that take any values made before them, once, several times or never; some inputs come from above."""
    random = Random(seed)

    def names(count: int) -> tuple[str, ...]:
        return tuple("wire"[: random.randint(1, 4)] + str(random.randint(0, 99)) for _ in range(count))

    inputs = names(random.randint(0, 4))
    values, boxes = [(-1, place) for place in range(len(inputs))], list[Box]()
    for number in range(random.randint(1, 6)):
        taken = tuple(random.choice(values) for _ in range(random.randint(0, 3) if values else 0))
        made = names(random.randint(0, 3))
        linear, folded = random.random() < 0.5, random.random() < 0.2
        boxes.append(Box("name of a box"[: random.randint(0, 13)], f"box {number}", taken, made, linear, folded))
        values += [(number, place) for place in range(len(made))]
    outputs = tuple(random.choice(values) for _ in range(random.randint(0, 3) if values else 0))
    return Flow(inputs, tuple(boxes), outputs, names(len(outputs)), random.randint(0, len(inputs)))


def put(there: Flow) -> Flow:
    """A way back that has the inputs of another flow from above."""
    count = len(there.inputs)
    box = Box("back", "says", tuple((-1, place) for place in range(count + 1)), ("A", "B"))
    return Flow((*there.inputs, "wanted"), (box,), ((0, 1), (0, 0)), ("B", "A"), count)


def drawn(drawing: Drawing) -> str:
    assert faults(drawing) == [] and {port.side for port in drawing.ports} <= {"left", "right", "top", "bottom"}
    return Diagram("title", "says", ((drawing,), (drawing, drawing)), "a note").svg()


def wide(count: int) -> Term:
    """A term whose boundary has so many spaces."""
    ob: Ob = SCALAR
    for _ in range(count - 2):
        ob = Pair(ob, SCALAR)
    return Swap(ob, SCALAR)


DRAWN: dict[str, Callable[[int], str]] = {
    "term": lambda seed: diagram(term(seed)).svg(),
    "D": lambda seed: diagram(term(seed), "derivative", title="D").svg(alone=False),
    "folded": lambda seed: diagram(term(seed, 3), boxes=1 + seed % 7).svg(),
    "para": lambda seed: diagram(para(seed), "para", names=("weight",)).svg(),
    "D of para": lambda seed: diagram(cell(para(seed)), "derivative").svg(),
    "lens": lambda seed: diagram(term(seed, 1), "lens", boxes=30).svg(),
    "flow": lambda seed: drawn(place(tangle(seed))),
    "D of a flow": lambda seed: drawn(derivative(tangle(seed))),
    "lens of flows": lambda seed: drawn(lens(replace(tangle(seed), above=0), put(tangle(seed)))),
}

W, A, B = Sort("weight"), Sort("A"), Sort("B")
SHARED = (Copy(W) @ Identity(A)) >> (symbol("f", Pair(W, W), B) @ symbol("g", A, B)) >> Swap(B, B)
SINES = sin(()) >> cos(()) >> sin(()) >> cos(()) >> sin(())
LOOP = Schema("loop", ("A",), (Edge("e", "A", "A"),), (PathEquation(Path("A", ("e", "e")), Path("A", ("e",))),))
SCHEMA = File(__file__).parent.parent / "examples" / "schemas" / "gan.toml"

ALONE: dict[str, Callable[[], str]] = {
    **{f"wide {count}": lambda count=count: diagram(wide(count)).svg() for count in (23, 24, 25)},  # type: ignore[misc]
    "a shared parameter": lambda: diagram(cell(SHARED), "derivative").svg(),
    "a parameter that is dropped": lambda: diagram(Discard(W) @ relu((2,)), "para").svg(),
    "a parameter that is given back": lambda: diagram(Identity(Pair(W, A)), "para").svg(),
    "learner": lambda: diagram(given.layers, "learner").svg(),
    "network": lambda: diagram(given.network, "derivative").svg(),
    "nothing": lambda: diagram(Identity(UNIT)).svg(),
    "a map that is no term": lambda: diagram(ParaMap("P", "A", "B", len)).svg(),
    "a map without parameters": lambda: diagram(ParaMap("1", "A", "B", len)).svg(),
    "a map from parameters alone": lambda: diagram(ParaMap("P", "1", "B", len)).svg(),
    "a lens of functions": lambda: diagram(LensMap(Bundle("A", "A'"), Bundle("B", "B'"), len, len)).svg(),
    "a lens of a term": lambda: diagram(LensMap(Bundle(A, A), Bundle(B, B), symbol("g", A, B), len)).svg(),
    "a lens, folded": lambda: diagram(SINES, "lens", boxes=3, names=("angle",)).svg(),
    "D, folded": lambda: diagram(SINES, "derivative", boxes=3).svg(),
    "a learner": lambda: diagram(Learner(Sort("P" * 16), Sort("A" * 17), B, tuple, tuple, tuple)).svg(),
    "a learner, as one": lambda: diagram(Learner(A, B, W, tuple, tuple, tuple), "learner").svg(),
    "a term as a learner": lambda: diagram(symbol("f", Pair(W, A), B), "learner").svg(),
    "a lens, as one": lambda: diagram(given.reading, "lens").svg(),
    "an objective": lambda: diagram(supervised(given.network.map, given.loss)).svg(),
    "an objective as a term": lambda: diagram(supervised(given.network.map, given.loss), "term").svg(),
    "a network as a term": lambda: diagram(given.network, "term", names=("first", "second")).svg(),
    "an equation": lambda: diagram(Equation(SINES, SINES), boxes=2).svg(),
    "a schema": lambda: diagram(LOOP, title="not used").svg(),
    "a schema with a specification": lambda: diagram(load(SCHEMA)).svg(alone=False),
    "reading": lambda: diagram(given.reading).svg(),
    "named": lambda: diagram(given.both, named={given.both: "both of them, by a name that is much too long"}).svg(),
}


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def digests() -> dict[str, str]:
    found = {f"{kind} {seed}": digest(draw(seed)) for kind, draw in DRAWN.items() for seed in SEEDS}
    return found | {name: digest(draw()) for name, draw in ALONE.items()}


def kept() -> Any:
    return json.loads(KEPT.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "seed"), list(product(DRAWN, SEEDS)))
def test_pictures_of_random_values_are_the_kept_ones(kind: str, seed: int) -> None:
    assert digest(DRAWN[kind](seed)) == kept()[f"{kind} {seed}"]


@pytest.mark.parametrize("name", ALONE)
def test_pictures_are_the_kept_ones(name: str) -> None:
    assert digest(ALONE[name]()) == kept()[name]


def test_pictures_do_not_hang_on_how_python_adds_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 3.12 on ``sum`` rounds once where it rounded after each addition."""
    plain = builtins.sum

    def other(values: Iterable[Any], /, start: Any = 0) -> Any:
        given = list(values)
        return fsum(given) + start if any(type(each) is float for each in given) else plain(given, start)

    monkeypatch.setattr(builtins, "sum", other)
    assert digests() == kept()


@pytest.mark.parametrize("seed", [75, 118, 312])
def test_a_wire_of_a_narrow_box_passes_the_wider_one_above_or_below_it(seed: int) -> None:
    assert faults(place(tangle(seed))) == []


SIDES = Counter(top=9, right=9, left=7, bottom=5)
"""Of the ports of a learner."""


def test_learners_have_no_fault() -> None:
    made = learner("P", "A", "B")
    assert faults(made) == [] and [part.name for part in made.parts if part.solid] == ["I", "U", "r"]
    assert [part.kind for part in made.parts] == [*["box"] * 3, *["copy"] * 4]
    assert [made.parts[made.ports[wire.end].part].name for wire in made.wires if made.ports[wire.end].part >= 0] == (
        ["", "I", "r", "U", "", "I", "", "U", "r", "", "U", "r"]
    )
    assert Counter(port.side for port in made.ports) == SIDES
    own = learner("P", "A", "B", "one", "two", "three")
    assert [part.name for part in own.parts if part.solid] == ["one", "two", "three"]


def test_a_lens_copies_what_both_of_its_maps_need() -> None:
    get = Flow(("A", "B"), (Box("get", "says", ((-1, 0), (-1, 1)), ("C",)),), ((0, 0),), ("C",))
    made = lens(get, put(get))
    assert [(part.kind, part.name) for part in made.parts] == (
        [("box", "get"), ("box", "back"), ("copy", ""), ("copy", "")]
    )
    ends = [tuple(made.ports[end].part for end in (wire.start, wire.end)) for wire in made.wires]
    assert sorted(ends) == [(-1, 1), (-1, 2), (-1, 3), (0, -1), (1, -1), (1, -1), (2, 0), (2, 1), (3, 0), (3, 1)]


def test_a_parameter_that_turns_turns_back() -> None:
    made = derivative(Flow(("P",), (), ((-1, 0),), ("P",), 1))
    assert faults(made) == [] and [part.kind for part in made.parts] == ["turn", "turn"]


def test_no_digest_is_kept_of_a_picture_that_is_no_more() -> None:
    assert set(kept()) == {f"{kind} {seed}" for kind in DRAWN for seed in SEEDS} | set(ALONE)


if __name__ == "__main__":
    KEPT.write_text(json.dumps(digests(), indent=1) + "\n", encoding="utf-8")

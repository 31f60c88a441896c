"""Objects, terms and exact values survive the way into JSON and back; nothing else gets in."""

import json
from typing import Any

import pytest

from verified_cat import portable
from verified_cat.draw import Style, draw_exact, draw_object, draw_term, seeded
from verified_cat.errors import UsageError
from verified_cat.objects import SCALAR, UNIT, Sort, Space
from verified_cat.primitives import scale, symbol, tanh


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("seed", range(200))
def test_round_trip(seed: int) -> None:
    choose = seeded(seed)
    dom, cod = draw_object(choose), draw_object(choose)
    term, point = draw_term(choose, dom, cod, Style()), draw_exact(choose, dom)
    assert portable.decode_object(through_json(portable.encode_object(dom))) == dom
    assert portable.decode_term(through_json(portable.encode_term(term))) is term
    assert portable.decode_exact(dom, through_json(portable.encode_exact(dom, point))) == point


def test_symbols_and_sorts() -> None:
    term = symbol("f", Sort("A") @ UNIT, Sort("B"))
    assert portable.decode_term(through_json(portable.encode_term(term))) is term


def test_shared_subterms_are_written_once() -> None:
    term = scale(2, ())
    for _ in range(12):
        term = term @ term
    assert len(portable.encode_term(term)) == 13


@pytest.mark.parametrize(
    "data",
    [
        None,
        "2",
        {"space": [-1]},
        {"space": [True]},
        {"space": "x"},
        {"pair": ["1"]},
        {"sort": 3},
        {"pair": ["1", "1"], "x": 1},
    ],
)
def test_bad_objects(data: Any) -> None:
    with pytest.raises(UsageError, match="the file"):
        portable.decode_object(data)


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        [{"node": "Identity", "parts": [0], "objects": []}],
        [{"node": "Generator", "parts": [], "objects": []}],
        [{"node": "__import__", "parts": [], "objects": ["1"]}],
        [{"node": "Compose", "parts": [], "objects": []}],
        [{"operation": {"name": "os.system", "arguments": ["true"]}}],
        [{"operation": {"name": "tanh", "arguments": [[-2]]}}],
        [{"operation": {"name": "scale", "arguments": [{"number": "1/0"}, []]}}],
        [{"operation": {"name": "scale", "arguments": [0.5, []]}}],
        [{"operation": {"symbol": "f", "dom": "1"}}],
    ],
)
def test_bad_terms(data: Any) -> None:
    with pytest.raises(UsageError, match="the file"):
        portable.decode_term(data)


def test_terms_that_do_not_meet_are_refused_as_terms() -> None:
    data = portable.encode_term(tanh((2,))) + portable.encode_term(tanh((3,)))
    data.append({"node": "Compose", "parts": [0, 1], "objects": []})
    with pytest.raises(UsageError, match="does not compose"):
        portable.decode_term(data)


@pytest.mark.parametrize(
    ("ob", "data"), [(SCALAR, ["nought"]), (SCALAR, "1"), (Space(()) @ UNIT, [["1"]]), (SCALAR, [None])]
)
def test_bad_values(ob: Any, data: Any) -> None:
    with pytest.raises(UsageError, match="the file"):
        portable.decode_exact(ob, data)

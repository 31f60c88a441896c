"""Objects, terms and exact values survive the way into JSON and back; nothing else gets in."""

import json
from fractions import Fraction
from math import copysign, inf, isnan
from typing import Any

import pytest

from verified_cat import portable
from verified_cat.draw import Style, draw_exact, draw_object, draw_term, seeded
from verified_cat.errors import UsageError
from verified_cat.objects import SCALAR, UNIT, Sort, Space, leaves
from verified_cat.primitives import scale, symbol, tanh
from verified_cat.terms import Identity, RightUnitorInverse, Swap


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


# ------------------------------------------------------------------------------------------------ how it is written

A, B, SORT = Space((2, 3)), Space(()), Sort("Z")


def test_objects_as_they_are_written() -> None:
    written: list[tuple[Any, Any]] = [
        (UNIT, "1"),
        (A, {"space": [2, 3]}),
        (SORT, {"sort": "Z"}),
        (A @ (UNIT @ SORT), {"pair": [{"space": [2, 3]}, {"pair": ["1", {"sort": "Z"}]}]}),
    ]
    for ob, data in written:
        assert portable.encode_object(ob) == data and portable.decode_object(data) == ob


def test_terms_as_they_are_written() -> None:
    space, half = {"space": [2, 3]}, {"number": "1/2"}
    term = Swap(A, UNIT) >> symbol("f", UNIT @ A, B) >> RightUnitorInverse(B)
    assert portable.encode_term(scale(Fraction(1, 2), (2, 3))) == [
        {"operation": {"name": "scale", "arguments": [half, [2, 3]]}}
    ]
    written = portable.encode_term(term)
    assert written == [
        {"node": "Swap", "parts": [], "objects": [space, "1"]},
        {"operation": {"symbol": "f", "dom": {"pair": ["1", space]}, "cod": {"space": []}}},
        {"node": "Compose", "parts": [0, 1], "objects": []},
        {"node": "RightUnitorInverse", "parts": [], "objects": [{"space": []}]},
        {"node": "Compose", "parts": [2, 3], "objects": []},
    ]
    assert portable.decode_term(written) is term


def test_points_as_they_are_written() -> None:
    ob = Space((2,)) @ (UNIT @ B)
    assert portable.encode_exact(ob, ((Fraction(1, 3), Fraction(-2)), ((), (-0.0,)))) == [["1/3", "-2"], [[], ["-0.0"]]]
    assert portable.decode_exact(ob, [[7, "-1.5"], [[], ["+3/6"]]]) == ((7, Fraction(-3, 2)), ((), (Fraction(1, 2),)))


# ------------------------------------------------------------------------------------------------ what is refused


def refused(decode: Any, *data: Any) -> str:
    with pytest.raises(UsageError) as caught:
        decode(*data)
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {"pair": ["1", "1", "1"]},
        {"pair": "11"},
        {"pair": {"0": "1", "1": "1"}},
        {"sort": "Z", "space": [2]},
        {"space": [2], "sort": "Z"},
        {"space": {"2": 3}},
        {"sort": ["Z"]},
        {"other": "Z"},
        {"other": [2]},
        ["space", [2]],
        {},
        "Z" * 81,
    ],
)
def test_what_is_no_object(data: Any) -> None:
    expected = f"the file does not hold an object where one is expected: {str(data)[:80]}"
    assert refused(portable.decode_object, data) == expected
    assert refused(portable.decode_object, {"pair": ["1", data]}) == expected


def test_spaces_that_fit_into_no_memory_are_refused() -> None:
    assert refused(portable.decode_object, {"space": [-1]}).startswith("the file holds a space that does not exist: ")
    assert portable.decode_object({"space": [10**9]}) == Space((10**9,))
    assert portable.decode_object({"space": [0, 10**9, 3]}) == Space((0, 10**9, 3))
    words = "does not hold a space of 1000000000 entries or fewer where one is expected"
    assert words in refused(portable.decode_object, {"space": [10**9 + 1]})


def test_what_is_nested_too_deeply_is_refused_without_being_shown() -> None:
    data: Any = []
    for _ in range(100_000):
        data = [data]
    assert refused(portable.decode_object, data).endswith(": a list nested too deeply to be shown")


def test_terms_of_too_many_nodes_are_refused_before_they_are_read() -> None:
    size, node = "a term, a list of 1 to 100000 nodes,", "a node of a term where"
    assert size in refused(portable.decode_term, [None] * 100_001)
    assert node in refused(portable.decode_term, [None] * 100_000)
    others: list[Any] = [[], "1", {}]
    for data in others:
        assert refused(portable.decode_term, data).startswith(f"the file does not hold {size} where one is expected: ")


def wide(leaves: int) -> list[Any]:
    """An identity beside itself again and again: the boundary of the last node has so many leaves."""
    nodes: list[Any] = [{"node": "Identity", "parts": [], "objects": [{"space": []}]}]
    powers, total = [0], -1
    while len(powers) < leaves.bit_length():
        nodes.append({"node": "Tensor", "parts": [powers[-1]] * 2, "objects": []})
        powers.append(len(nodes) - 1)
    for power, place in enumerate(powers):
        if leaves >> power & 1:
            if total >= 0:
                nodes.append({"node": "Tensor", "parts": [place, total], "objects": []})
            total = len(nodes) - 1 if total >= 0 else place
    return nodes


def test_boundaries_of_too_many_leaves_are_refused() -> None:
    assert len(list(leaves(portable.decode_term(wide(9)).dom))) == 9
    portable.decode_term(wide(100_000))
    assert "a boundary of 100000 leaves or fewer" in refused(portable.decode_term, wide(100_001))


def doubled(node: dict[str, Any], times: int) -> list[Any]:
    """A node beside itself, and the two beside themselves, and so on."""
    return [node, *({"node": "Tensor", "parts": [place, place], "objects": []} for place in range(times))]


def test_either_end_may_have_too_many_leaves() -> None:
    """2¹⁷ leaves on one side are too many, also where there are 2¹⁶ on the other."""
    copy = {"node": "Copy", "parts": [], "objects": [{"space": []}]}
    for node in (copy, {"operation": {"name": "add", "arguments": [[]]}}):
        portable.decode_term(doubled(node, 15))
        assert "a boundary of 100000 leaves or fewer" in refused(portable.decode_term, doubled(node, 16))


@pytest.mark.parametrize(
    "change",
    [
        {"node": 3},
        {"node": "Term"},
        {"node": "Generator"},
        {"parts": {}},
        {"objects": {}},
        {"parts": [1, 0]},
        {"parts": [0, -1]},
        {"parts": [0, "0"]},
        {"more": 1},
    ],
)
def test_what_is_no_node(change: dict[str, Any]) -> None:
    one = {"node": "Identity", "parts": [], "objects": ["1"]}
    two = {"node": "Tensor", "parts": [0, 0], "objects": []}
    assert portable.decode_term([one, two]) is Identity(UNIT) @ Identity(UNIT)
    said = refused(portable.decode_term, [one, two | change])
    assert said.startswith("the file does not hold a node of a term where one is expected: {'node': ")


@pytest.mark.parametrize(
    "data",
    [
        {"name": "add"},
        {"name": "add", "arguments": [], "more": 1},
        {"symbol": 3, "dom": "1", "cod": "1"},
        {"symbol": "f", "dom": "1", "cod": "1", "more": 1},
        ["name", "arguments"],
    ],
)
def test_what_is_no_operation(data: Any) -> None:
    assert "does not hold an operation where one is expected" in refused(portable.decode_term, [{"operation": data}])


def operation(*arguments: Any) -> Any:
    return [{"operation": {"name": "scale", "arguments": list(arguments)}}]


@pytest.mark.parametrize("data", [True, 0.5, None, {"number": "1", "more": 1}, {"other": "1"}])
def test_what_is_no_argument(data: Any) -> None:
    words = "does not hold an argument of an operation where one is expected"
    assert words in refused(portable.decode_term, operation(data, []))


def test_arguments_are_lists_in_lists_eight_deep_at_most() -> None:
    data: Any = []
    for _ in range(6):
        data = [data]
    assert "an operation that does not exist" in refused(portable.decode_term, operation(data))
    assert "does not hold an argument of an operation" in refused(portable.decode_term, operation([data]))


@pytest.mark.parametrize("text", ["0", "-12", "+7/3", "0.125", "-" + "9" * 4000, "1/" + "9" * 4000, "0." + "1" * 4000])
def test_numbers_that_are_exact(text: str) -> None:
    expected = scale(Fraction(text), ())
    assert portable.decode_term(operation({"number": text}, [])) is expected
    assert portable.decode_exact(B, [text]) == (Fraction(text),)
    assert portable.decode_term(operation({"number": 3}, [])) is scale(3, ())


INEXACT = ["", "1e5", "nan", "inf", "-0.0e5", "1/", ".5", "0x1", "1 ", "1_0", "9" * 4001, "1/" + "9" * 4001, "." * 3]


@pytest.mark.parametrize("data", [*INEXACT, True, None, 0.5, ["1"], "0." + "1" * 4001])
def test_what_is_no_exact_number(data: Any) -> None:
    assert "does not hold a finite exact number where" in refused(portable.decode_term, operation({"number": data}, []))
    if data not in ("nan", "inf"):
        assert "does not hold a finite exact number where" in refused(portable.decode_exact, B, [data])


def test_a_fraction_over_nothing_is_refused() -> None:
    said = refused(portable.decode_exact, B, ["1/0"])
    assert said.startswith("the file holds a number that does not exist: ")


def test_points_may_hold_what_floats_are_and_fractions_are_not() -> None:
    zero, more, less, none = portable.decode_exact(Space((4,)), ["-0.0", "inf", "-inf", "nan"])
    assert (zero, copysign(1, zero), more, less, isnan(none)) == (0, -1, inf, -inf, True)
    for text in ("1e-05", "-1.7976931348623157e+308", "5.e+10", "1." + "2" * 20 + "e-300"):
        assert portable.decode_exact(B, [text]) == (Fraction(text),)
    for text in ("1e5", "1e+5", "1e+1000", "1." + "2" * 21 + "e-300", "+1e+10", " 1e+10", "1e+10 "):
        assert "does not hold a finite exact number where" in refused(portable.decode_exact, B, [text])


@pytest.mark.parametrize(
    ("ob", "data", "words"),
    [
        (UNIT, ["1"], "does not hold the value [] of 1 where one is expected: ['1']"),
        (UNIT, "1", "does not hold an exact value of 1 where"),
        (Space((2,)), ["1"], "does not hold an exact value of R[2], 2 numbers, where"),
        (Space((2,)), ["1"] * 3, "does not hold an exact value of R[2], 2 numbers, where"),
        (B @ UNIT, [["1"], [], []], "does not hold an exact value of (R ⊗ 1) where"),
        (B @ UNIT, [["1"]], "does not hold an exact value of (R ⊗ 1) where"),
        (UNIT @ B, [[], []], "does not hold an exact value of R, 1 numbers, where one is expected: []"),
    ],
)
def test_points_of_another_shape(ob: Any, data: Any, words: str) -> None:
    assert words in refused(portable.decode_exact, ob, data)


def test_a_point_of_an_opaque_object_is_a_list_of_any_length() -> None:
    assert portable.decode_exact(SORT @ SORT, [[1, 2], []]) == ((1, 2), ())

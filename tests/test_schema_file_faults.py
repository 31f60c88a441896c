"""Schema files part by part: the whole words of faults, what has a default, and every key of an object, an arrow, an
equation and a target."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path as File

import pytest

from verified_cat.schema_file import LARGEST, SchemaFileError, load, read, text_of
from verified_cat.schema_fuzz import SOUND
from verified_cat.schema_kinds import KINDS

sys.path.insert(0, str(File(__file__).parent))
from schema_faults import faults

BASE = SOUND[0]


WRONG = [
    ("name = 3\n", "'name' is a text, not 3"),
    ('name = " "\n', "'name' is a text, not ' '"),
    ("adversary = 3\n", f"'adversary' is a kind ({', '.join(KINDS['adversary'])}) or a table with a kind, not 3"),
    ("critic = {}\n", f"'critic' needs a 'kind': one of {', '.join(KINDS['critic'])}"),
    ("training = 3\n", "'training' is a table, not 3"),
    ("families = 3\n", "'families' is a table of texts, not 3"),
    ("truth = 3\n", "'truth' is a table of tables, [truth.NAME], not 3"),
    ("truth = { f = 3 }\n", "[truth.f] is a table, not 3"),
    ("equations = 3\n", "'equations' is a list of tables, [[equations]], not 3"),
    ("equations = [3]\n", "'equations' is a list of tables, [[equations]], not [3]"),
    ("equations = {}\n", "'equations' is a list of tables, [[equations]], not {}"),
    ("targets = [{}, 3]\n", "'targets' is a list of tables, [[targets]], not [{}, 3]"),
    ("adversarie = 3\n", "a schema file has no key 'adversarie'; did you mean adversary?"),
]


@pytest.mark.parametrize(("row", "reason"), WRONG)
def test_faults_of_the_file_as_a_whole(row: str, reason: str) -> None:
    key = row.split(" = ", maxsplit=1)[0]
    text = BASE.split("[training]", maxsplit=1)[0].replace('adversary = "energy"\n', "")
    text = text.replace('name = "GAN"\n', "") if key == "name" else text
    assert (2, reason) in faults("# a comment\n" + row + text)


def test_a_file_needs_a_name_objects_and_arrows() -> None:
    assert faults("") == [
        (1, "the file lacks 'name': a text"),
        (1, "there are no arrows: a schema needs [arrows.NAME]"),
        (1, "there are no objects: a schema needs [objects.NAME]"),
    ]


OF_PARTS = [
    ("at_least = 8\n", "at_least = true\n", 18, "'at_least' is a number, not True"),
    ("at_least = 8\n", 'at_least = "8"\n', 18, "'at_least' is a number, not '8'"),
    ("at_least = 8\n", "at_leest = 8\n", 18, "a target has no key 'at_leest'; did you mean at_least, at_most?"),
    ('figure = "modes of h"\n', "", 16, "targets.0 lacks 'figure': a text"),
    ('from = "Z"\n', "", 9, "arrows.h lacks 'from': a text"),
    ('from = "Z"\n', 'from = "Z"\nidentity = -1\n', 11, "'identity' is a number that is not below 0, not -1"),
    ('from = "Z"\n', 'from = "Z"\nbudget = -1\n', 11, "'budget' is a number that is not below 0, not -1"),
    ('from = "Z"\n', 'from = "Z"\nfactors = []\n', 11, "'factors' is a list of whole numbers, not []"),
    ('from = "Z"\n', 'from = "Z"\ninverse_of = 3\n', 11, "'inverse_of' is a text, not 3"),
    ('from = "Z"\n', 'from = "Z"\ntied_to = 3\n', 11, "'tied_to' is a text, not 3"),
    ('from = "Z"\n', 'from = "Z"\nbudgets = 3\n', 11, "the arrow h has no key 'budgets'; did you mean budget?"),
    ("shape = [2]\ndata = {", "shapes = [2]\ndata = {", 7, "the object X has no key 'shapes'; did you mean shape?"),
    ("shape = [2]\ndata = {", "shape = 2\ndata = {", 7, "'shape' is a list of whole numbers, not 2"),
    ("shape = [2]\ndata = {", "product = [3]\ndata = {", 7, "'product' is a list of texts, not [3]"),
]  # fmt: skip
EQUATION = '[[equations]]\nleft = "h"\nright = "h"\n'
OF_EQUATIONS = [
    ('left = "h"', 'left = "h"\nweigth = 1', 21, "an equation has no key 'weigth'; did you mean weight?"),
    ('left = "h"', "", 19, "equations.0 lacks 'left': a text"),
    ('left = "h"', 'left = "g"', 20, "no edge is called 'g'; known: h"),
    ('right = "h"', "", 19, "equations.0 lacks 'right': a text"),
    ('right = "h"', "right = 3", 21, "'right' is a text, not 3"),
    ('right = "h"', 'right = "g"', 21, "no edge is called 'g'; known: h"),
    ('left = "h"', 'weight = "all"', 20, "'weight' is a number that is not below 0, or \"auto\", not 'all'"),
    ('left = "h"', 'cost = "l11"', 20, "no cost is called 'l11'; did you mean l1?"),
    ('left = "h"', "cost = 3", 20, "no cost is called 3; known: l1, l2"),
]


@pytest.mark.parametrize(
    ("more", "old", "new", "line", "reason"),
    [*(("", *row) for row in OF_PARTS), *((EQUATION, *row) for row in OF_EQUATIONS)],
)
def test_faults_of_parts_in_their_whole_words(more: str, old: str, new: str, line: int, reason: str) -> None:
    text = BASE + more
    assert text.count(old) == 1
    assert (line, reason) in faults(text.replace(old, new))


def test_arrows_that_are_none_are_told_once() -> None:
    """A path with an arrow from or to no object is not looked at: its arrow is at fault already."""
    text = BASE + '[arrows.k]\nfrom = "Z"\nto = "X"\nnetwork = "affine"\n[[equations]]\nleft = "h"\nright = "k"\n'
    assert read(text).demands[0].rhs.edges == ("k",)
    head, tail = text.split("[arrows.k]")
    for line, end, says in ((20, 'from = "Z"', "k goes from 'Y'"), (21, 'to = "X"', "k goes to 'Y'")):
        told = faults(head + "[arrows.k]" + tail.replace(end, end[:-2] + 'Y"'))
        assert [(at, reason.partition(",")[0]) for at, reason in told] == [(line, says)]


def test_a_tied_arrow_is_read() -> None:
    found = read(BASE + '[arrows.k]\nfrom = "Z"\nto = "X"\ntied_to = "h"\n').arrows[1]
    assert (found.tied_to, found.network, found.inverse_of) == ("h", None, "")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a = [\n1\n", 3, "not TOML: Unclosed array, at the end of the file"),
        ('a = """x', 1, "not TOML: Unterminated string, at the end of the file"),
        ("a = 1\nb", 2, "not TOML: Expected '=' after a key in a key/value pair, at the end of the file"),
    ],
)
def test_what_is_cut_off_is_told_at_the_end(text: str, line: int, reason: str) -> None:
    assert faults(text) == [(line, reason)]


@pytest.mark.parametrize("after", [0, 1, 5])
@pytest.mark.parametrize("before", range(7))
def test_a_number_that_is_too_long_is_told_at_its_line(before: int, after: int) -> None:
    """Also in the middle of an array, down to which the text is no TOML."""
    long = "9" * 5000
    keys = [f"a{place} = 1\n" for place in range(before + after)]
    listed = ["1,\n"] * (before + after)
    for text, line in (
        ("".join([*keys[:before], f"b = {long}\n", *keys[before:]]), before + 1),
        ("".join(["a = [\n", *listed[:before], f"{long},\n", *listed[before:], "]\n"]), before + 2),
    ):
        ((told, reason),) = faults(text)
        assert told == line and reason.startswith("not a value of TOML: Exceeds the limit")


@pytest.mark.parametrize(
    ("value", "reason"),
    [("1e" + "9" * 22, "a number whose exponent has too many digits"), ("[" * 3000, "nested too deeply")],
)
def test_what_python_cannot_read_is_told_in_words(value: str, reason: str) -> None:
    assert faults(f"a = 1\nb = {value}\n") == [(2, reason)]


@pytest.mark.parametrize("how", ["", "shift = [1, 0, 0]", "matrix = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]"])
@pytest.mark.parametrize("image", ["P", "Q"])
def test_an_image_of_a_product_with_a_factor_that_is_not_there(image: str, how: str) -> None:
    """P is that product, Q a product of it: the one fault is told, at its line, whatever else speaks of them."""
    text = f"""name = "N"
adversary = "energy"
[objects.A]
shape = [2]
data = "rods"
[objects.P]
product = ["A", "none"]
data = "factors"
[objects.Q]
product = ["P", "A"]
data = "factors"
[objects.X]
shape = [3]
data = {{ kind = "image", of = "{image}"{how and ", "}{how} }}
[arrows.f]
from = "X"
to = "{image}"
network = "mlp"
"""
    assert faults(text) == [(7, "P is a product of 'none', which is no object; known: A, P, Q, X")]


def test_what_is_not_said_has_its_default() -> None:
    text = SOUND[1]
    whole = read(text.replace('weight = "auto"\n', ""))
    first = whole.demands[0]
    assert (first.weight, first.cost) == (Fraction(1), "l1") and read(text).demands[0].weight is None
    (arrow,) = read(BASE).arrows
    assert (arrow.identity, arrow.budget, arrow.factors, arrow.inverse_of, arrow.tied_to) == (
        Fraction(0),
        Fraction(0),
        (),
        "",
        "",
    )


def test_amounts_of_an_arrow_are_read() -> None:
    (arrow,) = read(BASE.replace('to = "X"\n', 'to = "X"\nidentity = 0.5\nbudget = 2\n')).arrows
    assert (arrow.identity, arrow.budget) == (Fraction(1, 2), Fraction(2))


def test_every_fault_is_a_line_and_the_first_is_said_with_how_many_more() -> None:
    one, two = BASE.replace('"mlp"', '"mpl"'), BASE.replace('"mlp"', '"mpl"').replace("modes = 8", "modes = 0")
    with pytest.raises(SchemaFileError) as caught:
        read(one)
    ((line, reason),) = caught.value.faults
    assert str(caught.value) == f"schema, line {line}: {reason}" and caught.value.lines == [str(caught.value)]
    with pytest.raises(SchemaFileError) as caught:
        read(two, "here.toml")
    assert str(caught.value) == f"{caught.value.lines[0]} (and 1 more faults)" and len(caught.value.lines) == 2
    assert caught.value.lines[0].startswith("here.toml, line 8: ")


def test_a_file_is_read_with_the_line_ends_of_any_system(tmp_path: File) -> None:
    file = tmp_path / "gan.toml"
    file.write_bytes(BASE.replace("\n", "\r\n").encode())
    assert load(file) == read(BASE) == read(BASE.replace("\n", "\r\n")) and "\r\n" in text_of(file)
    file.write_text(BASE.replace('"mlp"', '"mpl"'))
    with pytest.raises(SchemaFileError, match=rf"^{file}, line 12: no kind of network is called 'mpl'"):
        load(file)
    for before in range(3):
        file.write_bytes(b"\n" * before + b"\xff\n")
        with pytest.raises(SchemaFileError, match=rf"line {before + 1}: a byte that is not UTF-8: 0xff$"):
            load(file)


def test_files_may_have_so_many_characters_and_no_more() -> None:
    filled = BASE + "#" * (LARGEST - len(BASE))
    assert LARGEST == 200_000 and read(filled) == read(BASE) == read(filled.replace("\n", "\r\n"))
    assert faults(filled + "#") == [(1, "the file has 200001 characters; at most 200000 are read")]


def test_what_fails_otherwise_than_by_its_syntax_has_the_line_that_fails() -> None:
    deep = "[" * 5000
    assert faults(f"x = {deep}") == [(1, "nested too deeply")]
    assert faults(f'name = "x"\nx = {deep}\n\n\n') == [(2, "nested too deeply")]
    assert faults("a = 1\nb = 2\nc = 1979-13-01\nd = 3\ne = 4\n")[0][0] == 3

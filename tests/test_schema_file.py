"""Schema files: read strictly, every fault with its line; written and read again; damaged ones; lines of keys."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path as File
from typing import Any

import pytest

from verified_cat.errors import SchemaError, UsageError
from verified_cat.schema import Path
from verified_cat.schema_file import LARGEST, SchemaFileError, load, read
from verified_cat.schema_fuzz import SOUND, fuzzed
from verified_cat.schema_kinds import KINDS, settings
from verified_cat.schema_kinds import LARGEST as LARGEST_NUMBER
from verified_cat.schema_text import written
from verified_cat.specification import Arrow, Demand, Specification, Target, Thing, Unfit
from verified_cat.toml_lines import lines_of

sys.path.insert(0, str(File(__file__).parent))
from schema_faults import faults

EXAMPLES = sorted((File(__file__).parent.parent / "examples" / "schemas").glob("*.toml"))
TEXTS = [*SOUND, *(file.read_text(encoding="utf-8") for file in EXAMPLES)]


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_what_is_written_is_read_again(number: int) -> None:
    whole = read(TEXTS[number])
    assert read(written(whole)) == whole and written(read(written(whole))) == written(whole)


def malformed() -> list[tuple[str, int, str]]:
    """Each key of the sound files in turn: with a value of a wrong type, and with a letter too many."""
    found = []
    for text in SOUND:
        rows = text.split("\n")
        for place, row in enumerate(rows):
            match = re.match(r"([A-Za-z_]+) = (?!\[$)", row)
            if match is None:
                continue
            for wrong in ("07:32:00", '""', "{}", "[[]]", "nan", "1e999", "true"):
                changed = [*rows[:place], f"{match[1]} = {wrong}", *rows[place + 1 :]]
                found.append(("\n".join(changed), place + 1, match[1]))
            if len(match[1]) == 1 or match[1] == "kind":  # an arrow of another name; a table that lacks its kind
                continue
            named = [*rows[:place], f"{match[1]}x{row[match.end() - 3 :]}", *rows[place + 1 :]]
            found.append(("\n".join(named), place + 1, f"'{match[1]}x'"))
    return found


MALFORMED = malformed()


def test_two_hundred_malformed_files() -> None:
    """Each is refused, and the line of the damage is among those that are told, with the key in the reason."""
    assert len(MALFORMED) >= 200
    for text, line, key in MALFORMED:
        told = faults(text)
        assert any(at == line and key in reason for at, reason in told), (text, line, key, told)


BASE = SOUND[0]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('[2]\ndata = "normal"', '[2]\ndatta = "normal"', 5, "has no key 'datta'; did you mean data?"),
        ('from = "Z"', 'from = "z"', 10, "h goes from 'z', which is no object"),
        ('"mlp"', '"mpl"', 12, "no kind of network is called 'mpl'; did you mean mlp?"),
        ("hidden = [32, 32]", "hiden = [32, 32]", 12, "has no option 'hiden'; did you mean hidden?"),
        ("[32, 32]", "[32, 0]", 12, "is a list of widths, each from 1 to 4096, not [32, 0]"),
        ("modes = 8", "modes = 8.5", 8, "'modes' of kind of data 'ring' is a whole number from 1 to 1000, not 8.5"),
        ("width = 0.05", "width = nan", 8, "'width' of kind of data 'ring' is a number above 0, not NaN"),
        ("steps = 100", "steps = true", 14, "'steps' of training 'training' is a whole number"),
        ("rate = 1e-3", "rate = 1e-30", 15, "'rate' of training 'training' is a number above 0, not 1E-30"),
        ('"energy"', '"energie"', 2, "no adversary is called 'energie'; did you mean energy?"),
        ("at_least = 8", "", 16, "the target for 'modes of h' needs at_most or at_least"),
        ("[objects.X]\nshape = [2]", "[objects.X]\nshape = [3]", 8, "'ring' have dimension 2; X has 3"),
        ("[objects.X]\nshape = [2]", '[objects.X]\nproduct = ["X", "Z"]', 7, "the product X holds itself"),
        ("[objects.X]\nshape = [2]", "[objects.X]", 6, "X needs a shape or a product of other objects"),
        ('to = "X"\n', "", 9, "arrows.h lacks 'to'"),
        ('network = { kind', 'frozen = "identity"\nnetwork = { kind', 9, "it has 2"),
        ("[arrows.h]", "[arrows.'f;g']", 9, "has no ';'"),
        ("[arrows.h]", "[[arrows.h]]", 9, "[arrows.h] is a table, not"),
        ("[objects.X]\nshape = [2]", "[objects.X]\nshape = [2, 2.5]", 7, "'shape' is a list of whole numbers"),
        ('name = "GAN"', 'name = "GAN', 1, "not TOML: Illegal character"),
        ("at_least = 8\n", "at_least = 8\nat_least = 9\n", 19, "not TOML: Cannot overwrite a value"),
        ("at_least = 8\n", "at_least = [8", 18, "not TOML: Unclosed array, at the end of the file"),
    ],
)  # fmt: skip
def test_a_fault_has_its_line_and_its_reason(old: str, new: str, line: int, reason: str) -> None:
    assert BASE.count(old) == 1
    told = faults(BASE.replace(old, new))
    assert any(at == line and reason in said for at, said in told), told


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('C = "grey"', "a family of 'C', which is no object; known: "),
        ('AAB = "data"', "a family of 'AAB', which is no object; did you mean AB?"),
        ('A = "boxx 0 1"', "no kind of family is called 'boxx'; did you mean box?"),
        ('A = "box 0"', "the family of A is 'box LOW HIGH', 'segment FROM TO', 'grey', 'grey LOW HIGH' or 'data'"),
        ('A = "box 0,0,0 1"', "an end of the family of A is a number, or 2 numbers with commas, not '0,0,0'"),
        ('A = "box 0 1/0"', "an end of the family of A is a number, or 2 numbers with commas, not '1/0'"),
        ('A = "box 0,1 1,0.5"', "has a low end above its high end"),
        ('A = "grey"', "A has no grey family"),
        ('A = ["data", "data"]', "a family of A is there twice"),
        ('"A * B" = "data * data * data"', "has words for 3 factors; A * B has 2"),
        ('"A * B" = "data * box 2 1"', "the family 'box 2 1' of B has a low end above its high end"),
        ("A = 3", "'A' is a list of texts, not 3"),
        ("A = []", "'A' is a list of texts, not []"),
    ],
)
def test_families_are_of_objects_and_in_words_that_say_something(row: str, reason: str) -> None:
    text = SOUND[1].split("[families]", maxsplit=1)[0] + f"[families]\n{row}\n"
    ((line, said),) = faults(text)
    assert line == text.count("\n") and reason in said


def test_families_of_the_file() -> None:
    whole = read(SOUND[1])
    assert dict(whole.families) == {"A": ("box 0 1", "segment 0,1/3 1,0.5"), "A * B": ("data * box 0.25 1",)}
    assert "families" not in written(read(BASE)) and "[families]" in written(whole)
    assert faults(BASE + "families = 3\n") and faults("families = 3\n" + BASE)


def equations(*rows: str) -> str:
    return SOUND[1].split("[[equations]]", maxsplit=1)[0] + "".join(f"[[equations]]\n{row}\n" for row in rows)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('left = "d ; c"\nright = "id_A"', "not parallel: AB → AB and A → A"),
        ('left = "d ; d"\nright = "id_AB"', "the path d ; d is at A * B, where d : AB → A * B does not start"),
        ('left = "d ; e"\nright = "id_AB"', "no edge is called 'e'"),
        ('left = "d ; c"\nright = "id_BA"', "'BA', which is no object"),
        ('left = "d ; c"\nright = "d ; c"', "says nothing"),
        ('left = "d ; c"', "equations.0 lacks 'right'"),
        ('left = "d ; c"\nright = "id_AB"\nweight = -2', "'weight' is a number that is not below 0, or"),
        ('left = "d ; c"\nright = "id_AB"\ncost = "l3"', "no cost is called 'l3'; known: l1, l2"),
        ('left = ""\nright = "id_AB"', "'left' is a text"),
    ],
)  # fmt: skip
def test_equations_are_typed(row: str, reason: str) -> None:
    assert any(reason in said for _, said in faults(equations(row)))


def test_all_faults_are_told_at_once() -> None:
    text = BASE.replace('"mlp"', '"mpl"').replace("modes = 8", "modes = 0").replace("steps", "stepz")
    assert [line for line, _ in faults(text)] == [8, 12, 14]


def test_files_that_cannot_be_read(tmp_path: File) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none\.toml: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b'name = "x"\n\xff\n')
    with pytest.raises(SchemaFileError, match=r"line 2: a byte that is not UTF-8: 0xff"):
        load(tmp_path / "bytes.toml")
    assert faults("# " + "x" * LARGEST)[0][1].startswith("the file has")
    assert "nested too deeply" in faults('name = "x"\ny = ' + "[" * 5000)[0][1]
    assert faults('name = "x"\n\ny = 1' + "0" * 5000)[0][0] == 3
    wide = "".join(f'[objects.A{n + 1}]\nproduct = ["A{n}", "A{n}"]\n' for n in range(60))
    many = f'name = "x"\n[objects.A0]\nshape = [1]\n{wide}[arrows.f]\nfrom = "A0"\nto = "A60"\nnetwork = "mlp"\n'
    assert "at most 64 are dealt with" in faults(many)[0][1]


def test_damaged_files_are_read_or_refused() -> None:
    found = fuzzed(400, 7)
    assert found.wrong == [] and found.read > 10 and found.refused > 200


def test_the_search_sees_other_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a reader that fails otherwise, or gives a line that is not there, is found."""

    def broken(text: str) -> Any:
        raise KeyError("x")

    def astray(text: str) -> Any:
        raise SchemaFileError("x", [(10**6, "far away")])

    for reader in (broken, astray):
        monkeypatch.setattr("verified_cat.schema_fuzz.read", reader)
        assert len(fuzzed(5, 0).wrong) == 5


# ------------------------------------------------------------------------------------------------ in Python


def gan(**changes: Any) -> Specification:
    things = (
        Thing("Z", (2,), data=settings("data", "normal")),
        Thing("X", (2,), data=settings("data", "ring", modes=8)),
    )
    arrows = (Arrow("h", "Z", "X", settings("network", "mlp")),)
    made: dict[str, Any] = {
        "name": "GAN",
        "things": things,
        "arrows": arrows,
        "adversary": settings("adversary", "energy"),
    } | changes
    return Specification(**made)


def test_a_schema_in_python_is_that_of_its_file() -> None:
    training = settings("training", "training", steps=100, rate=0.001)
    whole = gan(training=training, targets=(Target("modes of h", at_least=Fraction(8)),))
    assert whole == read(BASE)


def test_a_schema_in_python_is_refused_alike() -> None:
    with pytest.raises(Unfit, match=r"h goes to 'Y', which is no object"):
        gan(arrows=(Arrow("h", "Z", "Y", settings("network", "mlp")),))
    with pytest.raises(Unfit, match="says nothing"):
        gan(demands=(Demand(Path("Z", ("h",)), Path("Z", ("h",))),))
    with pytest.raises(SchemaError, match="no kind of network is called 'mlq'"):
        settings("network", "mlq")
    with pytest.raises(SchemaError, match="needs 'centres'"):
        settings("data", "mixture", width=1)
    third = gan(arrows=(Arrow("h", "Z", "X", settings("network", "mlp", last=Fraction(1, 3))),))
    with pytest.raises(SchemaError, match="no end in decimals"):
        written(third)


def test_numbers_are_read_as_they_are_written() -> None:
    whole = read(BASE.replace("0.05", "0.1"))
    assert whole.thing("X").data["width"] == Fraction(1, 10)  # type: ignore[index]
    assert faults(BASE.replace("0.05", str(LARGEST_NUMBER) + "0"))[0][0] == 8


def test_every_kind_has_a_way_to_be_written() -> None:
    assert all(kinds for kinds in KINDS.values())
    for family, kinds in KINDS.items():
        for kind, table in kinds.items():
            if all(option.default is not None for option in table.values()):
                assert settings(family, kind).given == {}


def test_a_target() -> None:
    target = Target("error", at_most=Fraction(1, 10))
    assert target.reached({"error": 0.1}) and not target.reached({"error": 0.2}) and not target.reached({})
    assert not target.reached({"error": float("nan")}) and str(target) == "error <= 0.1"
    assert str(replace(target, at_least=Fraction(0))) == "error <= 0.1 and >= 0"


# ------------------------------------------------------------------------------------------------ lines


def test_lines_of_keys() -> None:
    text = 'a = 1\n# b = 2\n[t."x y"]  # [no]\nc.d = """\ne = 3\n"""\nf = [\n  1, # ]\n  "]",\n]\n'
    text += "[[r]]\ng = 1\n[r.s]\nh = {}\n[[r]]\ng = 2\n"
    tomllib.loads(text)
    found = lines_of(text)
    expected = {
        ("a",): 1, ("t", "x y"): 3, ("t", "x y", "c", "d"): 4, ("t", "x y", "f"): 7, ("r", 0, "g"): 12,
        ("r", 0, "s", "h"): 14, ("r", 1): 15, ("r", 1, "g"): 16,
    }  # fmt: skip
    assert {key: found[key] for key in expected} == expected and ("b",) not in found and ("e",) not in found

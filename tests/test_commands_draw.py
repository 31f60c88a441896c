"""The command draw: schema files, laws, tasks, and values of one's own; and that the figures are what it makes now."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from tools import figures
from verified_cat import check, commands_draw, commands_steps, diagrams
from verified_cat.check import LAWS
from verified_cat.claims import read
from verified_cat.cli import main
from verified_cat.commands_draw import brought
from verified_cat.errors import UsageError
from verified_cat.laws import suite

ROOT = Path(__file__).parent.parent
NAME = "{http://www.w3.org/2000/svg}"
suite.load()


def call(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["draw", *map(str, arguments)])


def texts(svg: str) -> list[str | None]:
    return [each.text for each in ElementTree.fromstring(svg).iter(f"{NAME}text")]


@pytest.mark.parametrize("figure", [figure.name for _, figure in figures.commands()])
def test_a_figure_is_what_its_command_makes(figure: str, tmp_path: Path) -> None:
    arguments, there = next(each for each in figures.commands() if each[1].name == figure)
    figures.make(arguments, tmp_path / figure)
    assert (tmp_path / figure).read_bytes() == there.read_bytes(), "python -m tools.figures FOLDER makes it again"
    assert there.stat().st_size < 10_000


def test_every_figure_is_on_the_page_and_in_the_claims() -> None:
    made = {figure.name for _, figure in figures.commands()}
    page = figures.PAGE.read_text(encoding="utf-8")
    tracked = {path.name for path in (ROOT / "docs" / "figures").glob("picture-*.svg")}
    assert made == tracked == {name for name in tracked if f"](figures/{name})" in page}
    claim = next(each for each in read(ROOT / "artifact" / "claims.toml") if each.name == "pictures")
    assert {Path(result.page).name for result in claim.results} == made


def test_a_command_that_fails_makes_no_figure(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"examples\.pictures:boht: .*did you mean both"):
        figures.make(["draw", "examples.pictures:boht"], tmp_path / "x.svg")


def test_schemas_and_laws_are_printed() -> None:
    schema, law = call(ROOT / "examples/schemas/gan.toml"), call("CAT-ASSOC")
    assert schema.exit_code == 0 and "h" in texts(schema.stdout)
    assert law.exit_code == 0 and [texts(law.stdout).count(name) for name in "fgh="] == [2, 2, 2, 1]


def test_a_task_is_its_objective_with_the_names_of_its_parameters() -> None:
    pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")
    shown = call("linear-regression")
    assert shown.exit_code == 0, shown.output
    assert "the objective of linear-regression" in shown.stdout
    assert {"line.weight", "line.bias"} <= set(texts(shown.stdout))


def test_a_value_of_ones_own_is_found_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_to_draw.py").write_text(
        "from verified_cat import primitives\n"
        "class Held:\n    wave = primitives.sin((3,))\n"
        "def made():\n    return Held.wave >> primitives.cos((3,))\n"
        "def asks(x):\n    return x\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    assert texts(call("mine_to_draw:Held.wave").stdout) == ["sin", "R[3]", "R[3]"]
    assert texts(call("mine_to_draw:made").stdout)[:2] == ["sin", "cos"]
    refused = call("mine_to_draw:asks")
    assert refused.exit_code == 4 and "is called without arguments" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("CAT-ASSO",), "no file, law or task, and not module:object; did you mean CAT-ASSOC"),
        (("nowhere_to_be:found",), "there is no module 'nowhere_to_be'"),
        (("examples.pictures:network", "--out", "x.pdf"), "--out is FILE.svg or FILE.png, not x.pdf"),
        (("examples.pictures:reading", "--of", "derivative"), "LensMap has no string diagram as a derivative"),
        (("examples/schemas/none.toml",), "cannot read examples/schemas/none.toml: No such file"),
        (("L-BIMON",), "L-BIMON has no picture"),
        (("examples.pictures:A",), "Sort has no string diagram by itself"),
        ((".pictures:network",), ".pictures:network: '.pictures' is no name of a module"),
        ((":network",), ":network: '' is no name of a module"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_line(arguments: tuple[str, ...], says: str) -> None:
    refused = call(*arguments)
    assert refused.exit_code == 4 and says in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


def test_png_is_written_or_says_what_is_missing(tmp_path: Path) -> None:
    out = tmp_path / "new" / "both.png"
    result = call("examples.pictures:both", "--out", out)
    if result.exit_code:
        assert "verified-cat[pictures]" in result.stderr and not out.exists()
        pytest.skip("not run: resvg not installed (pip install verified-cat[pictures])")
    assert out.read_bytes()[:4] == b"\x89PNG"


# ------------------------------------------------------------------------------------------------ what is asked for


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What diagrams are asked for; each is printed as a line, and is a picture of two bytes and its scale."""
    found: list[Any] = []

    def diagram(*given: Any, **named: Any) -> Any:
        found.append((*given, named))
        return SimpleNamespace(svg=lambda: "<svg/>", png=lambda scale: b"ab" + str(scale).encode())

    monkeypatch.setattr(diagrams, "diagram", diagram)
    return found


def test_a_schema_file_is_loaded_whatever_it_is_called(asked: list[Any], tmp_path: Path) -> None:
    text = (ROOT / "examples/schemas/gan.toml").read_text(encoding="utf-8")
    for name in ("gan.toml", "a:gan", "CAT-UNIT"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert call(tmp_path / name, "--of", "learner").stdout == "<svg/>\n"
        whole, of, named = asked.pop()
        assert (whole.name, of, named) == ("GAN", "learner", {})


def test_a_law_and_a_value_of_ones_own_are_drawn_in_so_many_boxes(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(value=5))
    assert call("CAT-UNIT").exit_code == call("mine:value", "--of", "lens", "--boxes", 7).exit_code == 0
    assert asked == [(LAWS["CAT-UNIT"], "", {"boxes": 24}), (5, "lens", {"title": "mine:value", "boxes": 7})]


def test_laws_are_loaded_before_one_is_looked_for(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    laws: dict[str, Any] = {}
    monkeypatch.setattr(check, "LAWS", laws)
    monkeypatch.setattr(suite, "load", lambda: laws.update(NEW=5))
    assert call("NEW").exit_code == 0 and asked == [(5, "", {"boxes": 24})]


def test_a_task_is_the_objective_of_the_first_of_its_steps(asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    tasks: Any = SimpleNamespace(TASKS={"lines": 1, "lions": 2})
    monkeypatch.setitem(sys.modules, "verified_cat.gpu", ModuleType("verified_cat.gpu"))
    monkeypatch.setitem(sys.modules, "verified_cat.gpu.tasks", tasks)
    steps = [SimpleNamespace(objective=f"objective {number}", names=("a", number)) for number in (1, 2)]
    seeds: list[Any] = []

    def seen(name: str, seed: int) -> list[Any]:
        seeds.append((name, seed))
        return [(step, (), None) for step in steps]

    monkeypatch.setattr(commands_steps, "seen", seen)
    assert call("lines", "--seed", 3, "--boxes", 5, "--of", "para").exit_code == 0
    assert seeds == [("lines", 3)]
    how = {"title": "the objective of lines", "boxes": 5, "names": ("a", 1)}
    assert asked == [("objective 1", "para", how)]
    refused = call("lined")
    assert refused.exit_code == 4 and len(asked) == 1
    assert refused.stderr.startswith(
        "Error: 'lined' is no file, law or task, and not module:object; did you mean lines"
    )
    assert "did you mean CAT-ASSOC" in call("CAT-ASSO").stderr


def test_a_name_that_no_file_can_have_is_refused_in_a_line() -> None:
    refused = call("a" * 300)
    assert refused.exit_code == 4 and len(refused.stderr.splitlines()) == 1 and not refused.stdout


def test_a_picture_is_written_where_it_is_asked_for(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(value=5))
    folder = tmp_path / "some" / "new"
    for _ in range(2):  # into a new folder, and over what is there
        for name, content in (("x.png", b"ab2.0"), ("x.svg", b"<svg/>\n")):
            done = call("mine:value", "--out", folder / name)
            assert (done.exit_code, done.stdout, (folder / name).read_bytes()) == (0, "", content)
    (tmp_path / "y.png").mkdir()
    for name, why in (("y.png", "Is a directory"), ("some/new/x.svg/x.png", "File exists")):
        refused = call("mine:value", "--out", tmp_path / name, "--scale", 3)
        assert refused.exit_code == 4
        assert refused.stderr == f"Error: cannot write {tmp_path / name}: {why}\n"
    assert call("mine:value", "--out", folder / "x.png", "--scale", 3).exit_code == 0
    assert (folder / "x.png").read_bytes() == b"ab3.0"


def test_values_are_looked_for_in_the_folder_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(value=5))
    here = str(tmp_path)
    for before, after in (
        (["there"], [here, "there"]),
        (["there", here], ["there", here]),
        (["there", ""], ["there", ""]),
    ):
        monkeypatch.setattr(sys, "path", before)
        assert brought("mine:value") == 5 and sys.path == after


def test_an_unknown_name_is_met_with_those_that_are_public(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = SimpleNamespace(_value=1)
    monkeypatch.setitem(sys.modules, "mine", SimpleNamespace(value=5, _valueless=6, inner=inner))
    for name, says in (
        ("mine:valu", "mine:valu: there is no 'valu'; did you mean value?"),
        ("mine:zzzzzz", "mine:zzzzzz: there is no 'zzzzzz'; known: inner, value"),
        ("mine:inner.valu", "mine:inner.valu: there is no 'valu'; it is empty"),
        ("mine", "mine: there is no ''; known: inner, value"),
    ):
        with pytest.raises(UsageError) as refused:
            brought(name)
        assert str(refused.value) == says
    assert brought("mine:inner._value") == 1, "it may be asked for"


def test_the_kinds_of_pictures_are_those_that_there_are() -> None:
    assert set(commands_draw.OF) == set(diagrams.KINDS)

"""The command draw: schema files, laws, tasks, and values of one's own; and that the figures are what it makes now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from tools import figures
from verified_cat.claims import read
from verified_cat.cli import main

ROOT = Path(__file__).parent.parent
NAME = "{http://www.w3.org/2000/svg}"


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
        (("examples/schemas/none.toml",), "none.toml"),
        (("L-BIMON",), "L-BIMON has no picture"),
        (("examples.pictures:A",), "Sort has no string diagram by itself"),
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

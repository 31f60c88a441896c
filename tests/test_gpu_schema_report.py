"""Reports on runs of schemas: read from folders, compared, written as a page that needs nothing else; ablations."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path as File
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from verified_cat.cli import main
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu import ablation, run_figures, schema_report
from verified_cat.gpu.ambiguity import compared
from verified_cat.gpu.functor_maps import FunctorMaps, picture_size
from verified_cat.gpu.sample_grids import samples
from verified_cat.gpu.schema_training import train, with_training
from verified_cat.gpu.signatures import signatures
from verified_cat.schema_file import read
from verified_cat.schema_kinds import settings
from verified_cat.schema_page import html
from verified_cat.schema_sheets import Ablation, Effect, spread
from verified_cat.schema_style import STYLE
from verified_cat.schema_text import written
from verified_cat.specification import Specification

sys.path.insert(0, str(File(__file__).parent))
from browsing import browser, contrast, luminance, missing, rgb, run, show
from planted_functors import CIRCLES, planted, spec, turned, unturned


def short(whole: Specification) -> Specification:
    """Three steps, with one hidden layer in each network."""
    small = settings("network", "mlp", hidden=[8])
    arrows = (replace(each, network=small) if each.network is not None else each for each in whole.arrows)
    options = {"steps": 3, "held_out": 32, "batch": 8, "critic_steps": 1, "average": 0}
    return with_training(replace(whole, arrows=tuple(arrows)), **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> File:
    """Two seeds of one schema, one run of pictures under a hostile name, and an ablation, all of three steps."""
    root = tmp_path_factory.mktemp("runs")
    plane = short(spec("symmetric"))
    for seed in (0, 1):
        train(plane, root / f"seed-{seed}", seed=seed)
    pictures = replace(short(read(CIRCLES)), name="<script>alert(1)</script>")
    train(pictures, root / "<b>pictures", seed=0)
    ablation.ablate(plane, (0, 1), None, root / "ablation")
    return root


@pytest.fixture(scope="module")
def page(folder: File) -> str:
    runs = [folder / name for name in ("seed-0", "seed-1", "<b>pictures", "ablation")]
    return schema_report.page(schema_report.read(runs))


# ------------------------------------------------------------------------------------------------ the page


class Parsed(HTMLParser):
    """Elements with their attributes; fails where a tag is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, name: str, given: list[tuple[str, str | None]]) -> None:
        self.found.append((name, dict(given)))
        if name not in ("meta", "br", "img", "input"):
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name


def test_the_page_is_whole_and_loads_nothing(page: str) -> None:
    parsed = Parsed(page)
    names = {name for name, _ in parsed.found}
    assert not names & {"script", "link", "iframe", "object", "base", "form", "b>pictures"}
    for _, given in parsed.found:
        for key, value in given.items():
            assert not key.startswith("on") and "javascript:" not in (value or "")
            if key in ("src", "href"):
                assert (value or "").startswith(("#", "data:image/png;base64,"))
    assert "http" not in page.replace("http-equiv", "").replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "url(" not in re.sub(r"url\(#tip\d\)", "", page)


def test_links_lead_somewhere_and_no_id_is_given_twice(page: str) -> None:
    found = Parsed(page).found
    ids = [given["id"] for _, given in found if "id" in given]
    links = [str(given["href"])[1:] for name, given in found if name == "a"]
    assert len(ids) == len(set(ids)) and len(links) > 12 and set(links) <= set(ids)


def test_every_table_has_a_caption_and_headers(page: str) -> None:
    tables = page.split("<table>")[1:]
    assert len(tables) > 10
    for each in tables:
        inside = each.split("</table>")[0]
        assert inside.startswith("<caption>") and 'scope="col"' in inside
        assert inside.count('scope="row"') == inside.split("<tbody>")[1].count("<tr>")


def test_what_the_page_says(page: str) -> None:
    for said in (
        "Every figure on this page is sampled",
        "500 held-out examples of each object (seed 987654)",
        "does nothing",
        "doing nothing",
        "not verified (cross-check not run)",
        "there is one run of this schema, and nothing to compare it with",
        "residual f ; g = id_A",
        "Without any equation (2 seeds: 0, 1)",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "of other factors no truth is given",
    ):
        assert said in page, said
    assert page.count("<img") >= 5 * 8 and page.count("<polyline") > 6


def test_an_empty_page_is_one() -> None:
    assert "Report on learned functors" in html([]) and "svg text" not in STYLE
    assert "not run, nothing teaches f." in html([], [Ablation("f ; g = id_A", (), (), "nothing teaches f")])


# ------------------------------------------------------------------------------------------------ reading runs


def _gone(run: File) -> None:
    shutil.rmtree(run)


def _cut(name: str) -> Callable[[File], None]:
    def damage(run: File) -> None:
        data = (run / name).read_bytes()
        (run / name).write_bytes(data[: len(data) // 2])

    return damage


def _history(run: File) -> None:
    (run / "history.jsonl").write_text("3\n", encoding="utf-8")


def _unlinked(name: str) -> Callable[[File], None]:
    return lambda run: (run / name).unlink()


@pytest.mark.parametrize(
    ("damage", "kind", "says"),
    [
        (_gone, UsageError, "metrics.json"),
        (_cut("metrics.json"), DataError, "metrics.json is damaged"),
        (_cut("model.safetensors"), DataError, "model.safetensors is damaged"),
        (_cut("schema.toml"), DataError, "schema.toml is damaged"),
        (_unlinked("schema.toml"), UsageError, "schema.toml"),
        (_history, DataError, "history.jsonl is damaged"),
        (_unlinked("history.jsonl"), UsageError, "history.jsonl"),
    ],
    ids=["gone", "metrics", "model", "schema", "no schema", "history", "no history"],
)
def test_damaged_folders(folder: File, tmp_path: File, damage: Any, kind: type[Exception], says: str) -> None:
    shutil.copytree(folder / "seed-0", tmp_path / "run")
    damage(tmp_path / "run")
    with pytest.raises(kind, match=re.escape(says)):
        schema_report.read([tmp_path / "run"])


def test_the_command_writes_the_page_and_says_what_was_found(folder: File, tmp_path: File) -> None:
    out = tmp_path / "page.html"
    given = ["schema", "report", str(folder / "seed-0"), str(folder / "seed-1"), "--out", str(out)]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 0, done.output
    assert "Symmetric CycleGAN: 2 runs" in done.output and "seed-0: law not matched (f, into B)" in done.output
    assert "f: not decided; 0 seeds fit the data and the equations; at least two are needed" in done.output
    assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    refused = CliRunner().invoke(main, ["schema", "report", str(tmp_path / "none"), "--out", str(out)])
    assert refused.exit_code == 4 and "cannot read" in refused.output and "metrics.json" in refused.output


def test_runs_have_names_that_tell_them_apart(tmp_path: File) -> None:
    folders = [tmp_path / "a" / "seed-0", tmp_path / "b" / "seed-0"]
    assert list(schema_report._named(folders)) == ["a/seed-0", "b/seed-0"]
    assert list(schema_report._named(folders[:1])) == ["seed-0"]


def test_figures_stand_beside_their_baselines_and_targets() -> None:
    one = {"seed": 0, "verified": True, "error of f": 0.07, "error of f, doing nothing": 1.9, "loss": "nan"}
    two = {"seed": 1, "error of f": 0.2, "error of f, doing nothing": 2.1, "modes": 8}
    error, loss, modes = run_figures.figures(spec("cyclegan"), [one, two])
    assert error.values == (0.07, 0.2) and error.baselines == {"doing nothing": (1.9, 2.1)}
    assert error.target == "error of f <= 0.1: reached by 1 of 2"
    assert str(loss.values) == "(nan, None)" and modes.values == (None, 8.0)
    assert spread(error.values) == "0.135 (0.07 to 0.2)" and spread(modes.values) == "8" and spread([None]) == "–"


# ------------------------------------------------------------------------------------------------ several seeds


def agreements(*functors: FunctorMaps, seeds: list[int] | None = None) -> dict[str, str]:
    runs = {f"seed-{number}": maps for number, maps in enumerate(functors)}
    found = {run: signatures(maps) for run, maps in runs.items()}
    return {each.about: each.word for each in compared(runs, found, dict(zip(runs, seeds or range(9), strict=False)))}


def test_seeds_that_fit_and_differ_are_not_identified() -> None:
    right, other = planted("symmetric"), planted("symmetric", f=turned, g=unturned)
    word = "not identified by the data and the equations"
    assert agreements(right, right, other) == {"f": word, "g": word}
    assert agreements(right, right, right) == {"f": "agree", "g": "agree"}
    assert agreements(right, right) == {"f": "not decided", "g": "not decided"}  # two are not enough to agree
    assert agreements(right, other) == {"f": word, "g": word}  # and enough to differ
    assert agreements(right, right, right, seeds=[0, 1, 1]) == {"f": "not decided", "g": "not decided"}


def test_what_is_left_of_the_losses_stands_beside_the_verdict() -> None:
    runs = {"a": planted("symmetric"), "b": planted("symmetric", f=turned, g=unturned)}
    found = {run: signatures(maps) for run, maps in runs.items()}
    (f, _) = compared(runs, found, {"a": 0, "b": 1}, {"a": 0.015, "b": 0.016})
    assert f.why.endswith("differ by more than 0.25; their residuals and energy distances sum to 0.015, 0.016")
    metrics = {"residual f ; g = id_A": 1, "residual g ; f = id_B": 2, "energy distance of f": 0.5, "loss": 9}
    assert run_figures.left(spec("symmetric"), metrics) == 3.5


def test_a_seed_that_does_not_fit_says_nothing_of_the_others() -> None:
    right, bad = planted("symmetric"), planted("symmetric", f=turned)
    assert agreements(right, bad, bad) == {"f": "not decided", "g": "not decided"}
    assert agreements(right, right, right, bad) == {"f": "agree", "g": "agree"}


def test_equations_without_weight_are_not_asked_of_a_seed() -> None:
    whole = spec("symmetric")
    free = replace(whole, demands=tuple(replace(each, weight=Fraction(0)) for each in whole.demands))
    right, other = (
        FunctorMaps(free, m.tables, m.arrows) for m in (planted("symmetric"), planted("symmetric", f=turned))
    )
    words = agreements(right, right, other)
    assert words == {"f": "not identified by the data and the equations", "g": "agree"}
    assert run_figures.left(free, {"residual f ; g = id_A": 1, "energy distance of f": 0.5}) == 0.5


def test_factors_of_a_product_are_compared_one_by_one() -> None:
    right = planted("product")
    assert set(agreements(right, right, right).values()) == {"agree"}
    assert set(agreements(right, right)) == {"A of d", "B of d", "c"}


# ------------------------------------------------------------------------------------------------ samples


def test_rows_are_paths_and_columns_examples() -> None:
    rows = samples(planted("product"))
    assert [(row.path, row.says) for row in rows][:5] == [
        ("id_AB", "data of AB"),
        ("id_A", "data of A"),
        ("id_B", "data of B"),
        ("id_A * B", "data of A * B, factor A"),
        ("id_A * B", "data of A * B, factor B"),
    ]
    assert {len(row.cells) for row in rows} == {8} and len(rows[0].plots) == 3  # three sides of space
    sides = [row for row in rows if "side of d ; c" in row.says]
    assert sides[0].path == "d ; c" and sides[0].cells == sides[1].cells and "joined" in sides[0].plots[0]


def test_pictures_are_drawn_and_said_where_they_leave_their_range() -> None:
    whole = read(CIRCLES)
    tables = {name: np.full((20, size), 2.0) for name, size in (("A", 192), ("B", 192), ("C", 3), ("B * C", 195))}
    arrows = {"f": lambda table: np.hstack([table, table[:, :3]]), "g": lambda table: table[:, :192]}
    rows = samples(FunctorMaps(whole, tables, arrows))
    drawn = [row for row in rows if row.pictures]
    assert drawn and all(each.startswith("data:image/png;base64,") for row in drawn for each in row.cells)
    assert "100% of its numbers lie outside [0, 1] and are drawn as 0 or 1" in drawn[0].says
    assert picture_size((3, 8, 8)) == (3, 8, 8) and picture_size((2, 8, 8)) is picture_size((8,)) is None


# ------------------------------------------------------------------------------------------------ equations left out


def test_what_each_equation_gives_is_recorded_and_kept(folder: File) -> None:
    found = ablation.kept(folder / "ablation")
    assert [each.without for each in found] == ["f ; g = id_A", "g ; f = id_B", "any equation"]
    assert all(each.seeds == (0, 1) and not each.not_run for each in found)
    named = {effect.figure: effect for effect in found[2].effects}
    assert {"error of f", "residual f ; g = id_A", "energy distance of f"} <= set(named)
    assert "loss" not in named and "error of f, doing nothing" not in named
    model = folder / "ablation" / "without-1" / "seed-0" / "model.safetensors"
    before = model.stat().st_mtime_ns
    assert ablation.ablate(short(spec("symmetric")), (0, 1), None, folder / "ablation") == found
    assert model.stat().st_mtime_ns == before
    whole = json.loads((folder / "seed-0" / "metrics.json").read_text(encoding="utf-8"))
    assert named["error of f"].whole[0] == whole["error of f"]


def test_an_equation_that_is_the_only_signal_is_not_run(tmp_path: File) -> None:
    whole = short(spec("symmetric"))
    blind = replace(whole, adversary=None, demands=whole.demands[:1])
    (found,) = ablation.ablate(blind, (0,), None, tmp_path / "out")
    assert "nothing teaches f" in found.not_run and found.effects == ()


def test_runs_that_did_not_end_well_are_no_figures(folder: File, tmp_path: File) -> None:
    whole, out = short(spec("symmetric")), tmp_path / "out"
    shutil.copytree(folder / "ablation", out)
    file = out / "without-1" / "seed-0" / "metrics.json"
    metrics = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**metrics, "status": "interrupted"}), encoding="utf-8")
    with pytest.raises(UsageError, match="remove that folder and call again"):
        ablation.ablate(whole, (0, 1), None, out)
    file.write_text(json.dumps({**metrics, "status": "diverged", "reason": "loss is nan"}), encoding="utf-8")
    found = ablation.ablate(whole, (0, 1), None, out)
    assert [each.not_run for each in found] == ["seed 0: training stopped: loss is nan", "", ""]
    assert "not run, seed 0: training stopped: loss is nan." in html([], found)


def test_folders_that_hold_something_else_are_refused(folder: File, tmp_path: File) -> None:
    shutil.copytree(folder / "ablation", tmp_path / "out")
    with pytest.raises(UsageError, match="holds another run"):
        ablation.ablate(short(spec("cyclegan")), (0,), None, tmp_path / "out")
    (tmp_path / "out" / "ablation.json").write_text('{"kind": "verified-cat ablation", "variants": [3]}')
    with pytest.raises(DataError, match=r"ablation\.json is damaged"):
        schema_report.read([tmp_path / "out"])
    with pytest.raises(UsageError, match="no equation has a weight"):
        ablation.ablate(short(spec("gan")), (0,), None, tmp_path / "new")


def test_the_command_refuses_seeds_that_are_none(tmp_path: File) -> None:
    file = tmp_path / "schema.toml"
    file.write_text(written(short(spec("symmetric"))), encoding="utf-8")
    given = ["schema", "ablate", str(file), "--seeds", "0,x", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 4 and "--seeds are whole numbers with commas between them" in done.output


def test_a_change_is_clear_where_no_value_lies_among_the_others() -> None:
    assert Effect("error", (1.0, 2.0), (3.0, 4.0)).apart and Effect("error", (3.0, 4.0), (1.0, 2.0)).apart
    assert not Effect("error", (1.0, 3.0), (2.0, 4.0)).apart
    assert Effect("error", (1.0, 2.0), (3.0, 4.0)).change == 2


# ------------------------------------------------------------------------------------------------ in a browser


needs_a_browser = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture(scope="module")
def file(page: str, tmp_path_factory: pytest.TempPathFactory) -> File:
    out = tmp_path_factory.mktemp("page") / "report.html"
    out.write_text(page, encoding="utf-8")
    return out


@needs_a_browser
def test_it_fits_a_phone_and_nothing_is_complained_of(driver: Any, file: File) -> None:
    driver.get_log("browser")
    for width in (360, 768, 1280):
        show(driver, file, width)
        run(driver, "for (const each of document.querySelectorAll('details')) each.open = true")
        assert run(driver, "return document.documentElement.scrollWidth") <= width
    assert [each["message"] for each in driver.get_log("browser")] == []
    sizes = run(driver, "return [...document.images].map(e => [e.complete, e.naturalWidth, e.alt])")
    assert len(sizes) >= 40 and all(done and width == 8 and alt for done, width, alt in sizes)
    drawn = run(driver, "return [...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().width)")
    assert len(drawn) > 12 and min(drawn) > 100
    assert run(driver, "return getComputedStyle(document.querySelector('.schema path')).fill") == "none"


@needs_a_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_in_both_schemes(driver: Any, file: File, dark: bool) -> None:
    show(driver, file, 1280, dark=dark)
    page = run(driver, "return getComputedStyle(document.body).backgroundColor")
    card = run(driver, "return getComputedStyle(document.querySelector('.scroll')).backgroundColor")
    assert (luminance(rgb(page)) < 0.1) is dark
    words = run(
        driver,
        "return [...document.querySelectorAll('.word')].map(getComputedStyle).map(s => [s.color, s.backgroundColor])",
    )
    inks = ["body", "small", "caption", "thead th", "a", "figcaption"]
    colours = [(run(driver, f"return getComputedStyle(document.querySelector('{each}')).color"), page) for each in inks]
    ticks = [
        (run(driver, f"return getComputedStyle(document.querySelector('.plot {each}')).fill"), card)
        for each in (".tick", ".axis", ".key", ".number")
    ]
    checked = {(ink, paper) for ink, paper in [*words, *colours, *ticks]}
    assert len(checked) >= 6
    for ink, paper in checked:
        assert contrast(ink, paper) >= 4.5, (ink, paper)


@needs_a_browser
def test_the_keyboard_reaches_the_links_and_the_tables(driver: Any, file: File) -> None:
    show(driver, file, 1280)
    first = run(
        driver,
        "const e = document.querySelector('a'); e.focus(); return [e.textContent, e.getBoundingClientRect().left]",
    )
    assert first[0] == "To the runs" and first[1] >= 0
    boxes = run(
        driver, "return [...document.querySelectorAll('.scroll')].map(e => [e.tabIndex, e.getAttribute('aria-label')])"
    )
    assert len(boxes) > 10 and all(index == 0 and label for index, label in boxes)

"""The report page in a headless Chromium: nothing overflows, the keyboard reaches everything, no script is needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from verified_cat import killing, page, reading
from verified_cat.check import LAWS
from verified_cat.commands_laws import stated
from verified_cat.diagrams import on_page
from verified_cat.laws.replaying import readable
from verified_cat.report import Report, Row, Strength, Verdict

sys.path.insert(0, str(Path(__file__).parent))
from browsing import browser, contrast, luminance, missing, rgb, run, show

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser")

WIDTHS = (360, 768, 1280)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every law of this version in four engines, one refuted, with a wide picture and a kill matrix."""
    folder = tmp_path_factory.mktemp("page")
    found = Report()
    for law in stated().values():
        for engine, word in zip(("solver", "sympy", "torch", "an-engine-of-a-long-name"), Strength, strict=False):
            found.record(
                Row(law.name, engine, "any", {"functions": Verdict(word, "any", 3, 0.0, 1e-9, reason="r" * 90)})
            )
    example = {"law": "CAT-ASSOC", "world": "lens", "text": {"f": "(tanh ; " * 30}, "terms": {}, "points": {}}
    refuted = Verdict(Strength.REFUTED, "hypothesis", 4, 2.0, 1e-15, example=example)
    found.record(Row("CAT-ASSOC", "torch", "hypothesis", {"lens": refuted}))
    found.write(folder / "report.json")
    names = [f"control number {number}" for number in range(60)]
    kills = {
        "schema": 1,
        "draws": 3,
        "controls": [{"name": name, "judge": "CAT-ASSOC", "kind": "operation", "verdict": "refuted"} for name in names],
        "kills": {name: dict.fromkeys(names, "refuted") for name in ("CAT-ASSOC", "CAT-UNIT")},
        "mutants": {"CAT-ASSOC": {"wrong (in lens)": "refuted"}},
        "idle": {"MON-COH": "it is true of all maps"},
    }
    (folder / "controls.json").write_text(json.dumps(kills), encoding="utf-8")
    read = reading.read(folder / "report.json"), stated(), readable, killing.read(folder / "controls.json")
    out = folder / "report.html"
    pictures = {name: on_page(LAWS[name]) for name in ("LENS-CAT", "L-BIMON")}
    out.write_text(page.html(*read, pictures), encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def press(driver: Any, key: str, code: str = "") -> None:
    for kind in ("rawKeyDown", "char", "keyUp") if key == "Enter" else ("rawKeyDown", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "char" else {}
        number = {"Tab": 9, "Enter": 13}[key]
        event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": number, **text}
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", event)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("opened", [False, True], ids=["folded", "unfolded"])
def test_the_page_is_no_wider_than_the_screen(driver: Any, file: Path, width: int, opened: bool) -> None:
    show(driver, file, width)
    run(driver, f"for (const each of document.querySelectorAll('details')) each.open ||= {str(opened).lower()}")
    assert run(driver, "return document.documentElement.scrollWidth") <= width
    if width == min(WIDTHS):
        cut = "main p, main dd, main li, summary, nav a, h1, h2"
        wide = f"return [...document.querySelectorAll('{cut}')].filter(e => e.getBoundingClientRect().right > {width})"
        assert [each.text for each in run(driver, wide) if each.is_displayed()] == []


def test_the_keyboard_reaches_everything_in_order(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    met = []
    for _ in range(60):
        press(driver, "Tab")
        met.append(
            run(driver, "const e = document.activeElement; return [e.tagName, e.id || e.textContent.slice(0, 40)]")
        )
    assert met[0] == ["A", "To the laws"]
    order = ["What the words say", "Environment", "CAT-ASSOC", "CAT", "by-engine", "by-word", "by-text"]
    places = [next(number for number, (_, text) in enumerate(met) if text == wanted) for wanted in order]
    assert places == sorted(places)
    assert any(tag == "SUMMARY" and text.startswith("Evidence for") for tag, text in met)


def test_the_focus_is_seen_and_the_skip_link_comes_into_view(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    press(driver, "Tab")
    skip = run(driver, "return document.activeElement.getBoundingClientRect().left")
    style = run(driver, "return getComputedStyle(document.activeElement).outlineStyle")
    assert skip >= 0 and style == "solid"
    press(driver, "Enter")
    assert run(driver, "return document.activeElement.id") == "laws"


def test_details_open_with_enter(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    run(driver, "document.querySelector('header summary').focus()")
    press(driver, "Enter")
    assert run(driver, "return document.querySelector('header details').open") is True


def test_rows_are_filtered_by_engine_and_word(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    seen = "return document.querySelectorAll('tr.law:not([hidden])').length"
    every = run(driver, seen)
    change = "e.value = '{}'; e.dispatchEvent(new Event('input', {{bubbles: true}}))"
    run(driver, "const e = document.getElementById('by-word'); " + change.format("refuted"))
    assert run(driver, seen) == 1 < every
    assert "1 of" in run(driver, "return document.querySelector('output').value")
    run(driver, "const e = document.getElementById('by-engine'); " + change.format("sympy"))
    assert run(driver, seen) == 0


def test_a_link_to_a_law_unfolds_it(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    opened = (
        "return document.getElementById('law-CAT-UNIT').closest('tr').nextElementSibling.querySelector('details').open"
    )
    assert run(driver, opened) is False
    run(driver, "location.hash = 'law-CAT-UNIT'")
    assert run(driver, "return new Promise(done => setTimeout(done, 100))") is None
    assert run(driver, opened) is True


def test_without_script_every_law_is_there_and_the_filters_are_not(driver: Any, file: Path) -> None:
    show(driver, file, 360, script=False)
    rows = driver.find_elements("css selector", "tr.law")
    assert len(rows) == len(stated()) and rows[0].is_displayed()
    assert not driver.find_element("id", "filters").is_displayed()
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_in_both_schemes(driver: Any, file: Path, dark: bool) -> None:
    show(driver, file, 1280, dark=dark)
    background = rgb(run(driver, "return getComputedStyle(document.body).backgroundColor"))
    assert (luminance(background) < 0.1) is dark
    pairs = run(
        driver,
        "return [...document.querySelectorAll('.word:not(.none)')].map(e => getComputedStyle(e))"
        ".map(s => [s.color, s.backgroundColor])",
    )
    body = run(driver, "return getComputedStyle(document.body).color")
    checked = {(ink, paper) for ink, paper in pairs} | {(body, f"rgb{background}")}
    assert len(checked) >= 5
    for ink, paper in checked:
        assert contrast(ink, paper) >= 4.5, (ink, paper)


def test_formulas_and_pictures_are_rendered(driver: Any, file: Path) -> None:
    show(driver, file, 1280)
    high = run(driver, "return [...document.querySelectorAll('math msub')].map(e => e.getBoundingClientRect().height)")
    assert high and min(high) > 5
    run(driver, "for (const each of document.querySelectorAll('details')) each.open = true")
    box = "return document.querySelector('.pictures svg').getBoundingClientRect().width"
    svg = run(driver, "return document.querySelector('.pictures svg').getAttribute('width')")
    assert run(driver, box) == pytest.approx(float(svg), abs=0.1) and float(svg) > 800
    ink = "return getComputedStyle(document.querySelector('.pictures svg {}'))['{}']"
    assert run(driver, ink.format("path", "stroke")) == run(driver, ink.format("text", "fill")) != "none"
    assert run(driver, ink.format("text", "stroke")) == "none"


def test_nothing_is_complained_of(driver: Any, file: Path) -> None:
    driver.get_log("browser")
    show(driver, file, 1280)
    assert [each["message"] for each in driver.get_log("browser")] == []


def test_a_screenshot_is_not_blank(driver: Any, file: Path) -> None:
    show(driver, file, 360)
    shot = driver.get_screenshot_as_png()
    assert shot.startswith(b"\x89PNG") and len(shot) > 10_000

"""The static site: every page is there, every link has its end, and it serves keyboards, phones and dark rooms."""

from __future__ import annotations

import html
import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("markdown_it", reason="not run: markdown-it-py is not installed (pip install verified-cat[docs])")

from tools.site import api, build, laws, sources
from tools.site.links import faults
from tools.site.places import Places
from tools.site.shell import NAVIGATION, Page
from tools.site.shell import html as whole
from tools.site.text import markdown, slug, untex
from verified_cat import __version__
from verified_cat.commands_laws import stated
from verified_cat.diagrams import on_page
from verified_cat.laws.catalogue import catalogue
from verified_cat.markup import Markup

sys.path.insert(0, str(Path(__file__).parent))
from browsing import browser, contrast, luminance, missing, rgb, run, show

ROOT = Path(__file__).resolve().parent.parent
DRAWN = ("PARA-ASSOC", "LENS-CAT")
SAMPLE = (
    "index.html",
    "docs/index.html",
    "docs/benchmarks.html",
    "docs/comparison.html",
    "docs/errata.html",
    "laws/index.html",
    "laws/PARA-ASSOC.html",
    "laws/META-GEN.html",
    "api/index.html",
    "api/verified_cat.para.html",
    "commands.html",
)
"""Pages of every kind, with the widest table and a picture among them."""

in_browser = pytest.mark.skipif(bool(missing()), reason=missing() or "there is a browser")


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The whole site with the pictures of two laws, and what is wrong with its links."""
    out = tmp_path_factory.mktemp("site") / "site"
    return out, build.build(out, build.only(DRAWN))


@pytest.fixture(scope="module")
def site(wrong: tuple[Path, list[str]]) -> Path:
    return wrong[0]


def words(site: Path, page: str) -> str:
    """What stands on a page, without tags and without spaces, so that formulas are found as they are written."""
    text = (site / page).read_text(encoding="utf-8")
    return bare(html.unescape(re.sub(r"<[^>]+>", "", text)))


def bare(text: str) -> str:
    return re.sub(r"[\s*`'′_/⁄]", "", unicodedata.normalize("NFKC", text).replace("−", "-"))


# ------------------------------------------------------------------------------------------------ links


def test_every_link_of_every_page_has_its_end(wrong: tuple[Path, list[str]]) -> None:
    assert wrong[1] == []
    assert len(list(wrong[0].rglob("*.html"))) > 175 + 200


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ('<a href="nowhere.html">x</a>', "there is no nowhere.html"),
        ('<a href="../outside.html">x</a>', "there is no ../outside.html"),
        ('<a href="laws/CAT-ASSOC.html#no-such-part">x</a>', "has no 'no-such-part'"),
        ('<a href="#no-such-part">x</a>', "has no 'no-such-part'"),
        ('<img src="https://example.org/a.png" alt="">', "https://example.org/a.png is loaded from elsewhere"),
        ('<link rel="stylesheet" href="//example.org/a.css">', "//example.org/a.css is loaded from elsewhere"),
        ('<p id="page-content">x</p>', "two elements are called 'page-content'"),
        ("<script>1</script>", "script is used"),
        ('<p style="color: red">x</p>', "style is used"),
        ('<p onclick="1">x</p>', "onclick is used"),
        ("", ""),
    ],
)
def test_a_planted_fault_is_found(tmp_path: Path, planted: str, said: str) -> None:
    for path in NAVIGATION:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("<p>x</p>", encoding="utf-8")
    (tmp_path / "laws/CAT-ASSOC.html").write_text("<p>x</p>", encoding="utf-8")
    (tmp_path / "style.css").write_text("", encoding="utf-8")
    (tmp_path.parent / "outside.html").write_text("", encoding="utf-8")
    (tmp_path / "index.html").write_text(whole(Page("index.html", "x", Markup(planted)), "0"), encoding="utf-8")
    found = faults(tmp_path)
    assert len(found) == bool(said) and all(each.startswith("index.html: ") and each.endswith(said) for each in found)


def test_an_empty_folder_is_no_site(tmp_path: Path) -> None:
    assert len(faults(tmp_path)) == 1


def test_a_link_or_a_formula_that_leads_nowhere_stops_the_build() -> None:
    places = Places(ROOT, {"README.md": "index.html"}, ["CAT-ASSOC"])
    with pytest.raises(ValueError, match=r"there is no file 'docs/nothing\.md'"):
        markdown("# A\n\n[b](docs/nothing.md)", "README.md", "index.html", places)
    with pytest.raises(ValueError, match="nonsense is no command"):
        markdown("# A\n\n$\\nonsense x$", "README.md", "index.html", places)


def test_another_folder_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(ValueError, match="something else than a site"):
        build.build(tmp_path)
    assert (tmp_path / "thesis.tex").is_file()


# ------------------------------------------------------------------------------------------------ texts


def test_what_markdown_becomes() -> None:
    places = Places(ROOT, {"README.md": "index.html", "docs/errata.md": "docs/errata.html"}, ["CAT-ASSOC", "RD.1"])

    def made(text: str) -> str:
        return str(markdown(text, "README.md", "index.html", places).body)

    law = '<a href="laws/CAT-ASSOC.html">CAT-ASSOC</a>'
    assert law in made("The law CAT-ASSOC.") and law in made("`pytest laws/ --law CAT-ASSOC,RD.1`")
    assert law not in made("XCAT-ASSOC, CAT-ASSOC-X, CAT-ASSOC.json, [CAT-ASSOC](README.md)\n\n# CAT-ASSOC")
    assert '<a href="docs/errata.html#x">e</a>' in made("[e](docs/errata.md#x)")
    assert '<a href="docs/errata.html">docs/errata.md</a>' in made("`docs/errata.md`")
    assert "&lt;script&gt;" in made("<script>alert(1)</script>") and "<script" not in made("<script>1</script>")
    assert '<td class="right">' in made("| a |\n|--:|\n| 1 |") and "style" not in made("| a |\n|--:|\n| 1 |")
    assert "<mi>f</mi>" in made("by $f \\circ g$ here") and "<math" not in made("5 $ and 6 $ more")
    assert '<span class="k">def</span>' in made("```python\ndef f(): ...\n```")
    table = made("```text\nlaw        solver  sympy\nCAT-ASSOC  proved  not run\n```")
    assert "<th scope" in table and law in table and 'class="word not-run"' in table


def test_anchors_are_those_of_github() -> None:
    assert slug("What is claimed, and what is not", []) == "what-is-claimed-and-what-is-not"
    assert [slug("`a.b`: C_d", []), slug("a", ["a", "a-1"])] == ["ab-c_d", "a-2"]
    assert untex(r"g \circ f : P \otimes A \to B") == "g ∘ f : P ⊗ A → B"


def test_every_text_is_a_page_and_is_listed(site: Path) -> None:
    listed = (site / "docs/index.html").read_text(encoding="utf-8")
    texts = [path.relative_to(ROOT).with_suffix("") for path in (ROOT / "docs").rglob("*.md")]
    for text in texts:
        if text.as_posix() not in ("docs/laws", "docs/figures/README"):
            assert (site / f"{text}.html").is_file()
            assert f'href="{text.relative_to("docs")}.html"' in listed


def test_every_file_on_a_shelf_exists() -> None:
    assert [file for files in build.SHELVES.values() for file in files if not (ROOT / file).is_file()] == []
    assert build.REST not in build.SHELVES and build.REST in build.shelves(ROOT)


def test_the_first_page_is_the_readme(site: Path) -> None:
    first, _, rest = (site / "index.html").read_text(encoding="utf-8").partition("<h2 ")
    for part in ("A checked law suite", "def</span> associativity", "make laws", "verdicts", "Claimed", "Not claimed"):
        assert part in first
    assert "<math" in first and 'id="what-is-claimed-and-what-is-not"' in rest


# ------------------------------------------------------------------------------------------------ laws


def test_every_law_has_a_page_with_all_that_is_known_of_it(site: Path) -> None:
    known, listed, ledger = stated(), catalogue(), laws.ledger(ROOT)
    errata = laws.errata((ROOT / "docs/errata.md").read_text(encoding="utf-8"), known)
    for name, entry in listed.entries.items():
        law, page = known[name], words(site, f"laws/{name}.html")
        said = [entry.name, law.statement, law.source, *entry.violations, entry.corrected, *getattr(law, "worlds", ())]
        said += [*getattr(law, "controls", ()), *(mutant.says for mutant in getattr(law, "mutants", ()))]
        said += [ledger[name]["evidence"], ledger[name]["by"], ledger[name]["stated"]]
        said += [f"pytest laws/ --law {name}", f"verified-cat laws --show {name}"]
        said += [each.text for each in errata.get(name, [])]
        lacking = [each for each in said if bare(each) not in page]
        assert lacking == [], name
    assert sum(len(each) for each in errata.values()) > 25


def test_pictures_are_drawn_or_it_is_said_why_not(site: Path) -> None:
    for name in DRAWN:
        page = (site / f"laws/{name}.html").read_text(encoding="utf-8")
        (drawn,) = re.findall(r"<svg.*?</svg>", page)
        assert drawn in str(on_page(stated()[name])) and f"<title>{name}</title><desc>" in drawn
    assert "No picture: " in (site / "laws/CAT-ASSOC.html").read_text(encoding="utf-8")
    assert "Picture" not in words(site, "laws/META-GEN.html")


def test_the_list_of_laws_has_each_with_its_evidence(site: Path) -> None:
    text = (site / "laws/index.html").read_text(encoding="utf-8")
    rows = re.findall(r'<tr><th scope="row"><a href="([^"]+)\.html">.*?class="word ([\w-]+)"', text)
    assert dict(rows) == {name: law["evidence"] for name, law in laws.ledger(ROOT).items()}


def test_errata_are_found_by_law() -> None:
    page = "# E\n\n## A\n\n### B, C\n\n```console\n# x\npytest laws/ --law L1,L2\n```\n\n### B, C\n\n"
    page += "```console\npytest laws/ --engine sympy --law L1\n```\n\nNot L2.\n\n## T\n\n| a | L2, L-3 |\n"
    found = laws.errata(page, ["L", "L1", "L2"])
    assert {law: [each.anchor for each in entries] for law, entries in found.items()} == {
        "L1": ["b-c", "b-c-1"],
        "L2": ["b-c", "t"],
    }


# ------------------------------------------------------------------------------------------------ modules, commands


def test_every_public_module_has_a_page_and_says_what_it_is(site: Path) -> None:
    listed = (site / "api/index.html").read_text(encoding="utf-8")
    found = dict(re.findall(r'<a href="([^"]+)"><code>[^<]+</code></a></dt><dd>(.*?)</dd>', listed))
    assert len(found) > 200 and {f"verified_cat.{name}.html" for name in api.FIRST} <= set(found)
    assert [page for page, says in found.items() if not (says and (site / "api" / page).is_file())] == []


def test_a_module_is_shown_with_signatures_and_what_it_raises(site: Path) -> None:
    text = (site / "api/verified_cat.para.html").read_text(encoding="utf-8")
    assert 'id="Para.compose"' in text and 'href="#ParaMap">ParaMap</a>[M]' in text
    assert 'href="verified_cat.category.html#Symmetric"' in text
    assert '<p class="raises">Raises BoundaryError where ' in text
    assert "self" not in "".join(re.findall(r'<pre class="signature">.*?</pre>', text))


def test_what_the_reference_takes_from_a_source(tmp_path: Path) -> None:
    (tmp_path / "verified_cat").mkdir()
    source = (
        '"""M: a module."""\nA: int = 1\n"""One."""\n_B = 2\n"""Two."""\n'
        'class C(D):\n    """c. Raises E where x."""\n    f: int = 0\n    _g: int = 0\n'
        "    @property\n    def p(self) -> int: ...\n    @p.setter\n    def p(self, x: int) -> None: ...\n"
        "    def m(self, a: C, *, b: int = 1) -> C: ...\n    def _n(self): ...\n"
    )
    (tmp_path / "verified_cat/m.py").write_text(source, encoding="utf-8")
    (tmp_path / "verified_cat/commands_x.py").write_text('"""X."""', encoding="utf-8")
    (module,) = sources.modules(tmp_path)
    (page,) = api.pages([module], Places(tmp_path, {}, []))
    text = html.unescape(re.sub(r"<[^>]+>", "", page.body))
    for part in ("A", "One.", "C(f: int = 0)", "p → int", "m(a: C, *, b: int = 1) → C", "Raises E where x."):
        assert part in text
    assert not any(part in text for part in ("_B", "Two.", "_g", "_n", "self", "x: int"))


def test_every_command_is_shown(site: Path) -> None:
    from verified_cat.cli import main

    page = words(site, "commands.html")
    assert all(bare(f"Usage: verified-cat {name}") in page for name in main.commands)
    assert bare("--terms") in page


# ------------------------------------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def press(driver: Any, key: str) -> None:
    number = {"Tab": 9, "Enter": 13}[key]
    for kind in ("rawKeyDown", "char", "keyUp") if key == "Enter" else ("rawKeyDown", "keyUp"):
        text = {"text": "\r"} if kind == "char" else {}
        event = {"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": number, **text}
        driver.execute_cdp_cmd("Input.dispatchKeyEvent", event)


def active(driver: Any) -> list[Any]:
    """What has the focus: its text, whether an outline shows it, and whether it is within the window."""
    code = """const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return [e.textContent, style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2, box.left >= 0]"""
    found: list[Any] = run(driver, code)
    return found


def too_wide(driver: Any, page: Path, width: int) -> list[str]:
    """What sticks out of the screen: the page as a whole, or a text that is cut."""
    show(driver, page, width)
    code = f"""if (document.documentElement.scrollWidth <= {width}) return [];
    return [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > {width})
      .map(e => e.outerHTML.slice(0, 80)).slice(0, 5)"""
    found: list[str] = run(driver, code)
    return found


def complaints(driver: Any) -> list[Any]:
    """What the console says, and what was loaded that is no file beside the page."""
    loaded = run(driver, "return performance.getEntriesByType('resource').map(each => each.name)")
    return [*driver.get_log("browser")] + [each for each in loaded if not each.startswith("file:")]


@in_browser
@pytest.mark.parametrize("page", SAMPLE)
def test_no_page_is_wider_than_a_screen_and_none_complains(driver: Any, site: Path, page: str) -> None:
    for width in (360, 1280):
        assert too_wide(driver, site / page, width) == []
    assert complaints(driver) == []
    assert run(driver, "return [...document.images].every(each => each.naturalWidth > 0)")
    assert run(driver, "return document.styleSheets.length") == 1
    assert run(driver, "return getComputedStyle(document.querySelector('.skip')).position") == "absolute"


@in_browser
def test_a_page_that_is_too_wide_or_lacks_an_image_is_noticed(driver: Any, site: Path, tmp_path: Path) -> None:
    shutil.copy(site / "style.css", tmp_path)
    wide = Page("index.html", "x", Markup('<svg width="900" height="9"></svg><img src="no.png" alt="">'))
    (tmp_path / "index.html").write_text(whole(wide, "0"), encoding="utf-8")
    assert too_wide(driver, tmp_path / "index.html", 1280) == []
    assert too_wide(driver, tmp_path / "index.html", 360)
    assert "no.png" in str(complaints(driver))


@in_browser
@pytest.mark.parametrize("page", ["index.html", "laws/PARA-ASSOC.html"])
def test_the_keyboard_reaches_everything(driver: Any, site: Path, page: str) -> None:
    show(driver, site / page, 1280)
    met = []
    for _ in range(len(NAVIGATION) + 2):
        press(driver, "Tab")
        met.append(active(driver))
    assert [text for text, _, _ in met[:-1]] == ["To the content", *NAVIGATION.values()]
    assert all(outlined and inside for _, outlined, inside in met)
    assert run(driver, "return document.querySelector('main').contains(document.activeElement)")


@in_browser
def test_the_skip_link_leads_to_the_content_and_links_to_pages(driver: Any, site: Path) -> None:
    show(driver, site / "index.html", 1280)
    press(driver, "Tab")
    press(driver, "Enter")
    assert run(driver, "return document.activeElement.id") == "page-content"
    show(driver, site / "laws/PARA-ASSOC.html", 1280)
    press(driver, "Tab")
    press(driver, "Tab")
    press(driver, "Enter")
    assert run(driver, "return location.pathname").endswith("/index.html")
    assert run(driver, "return document.querySelector('[aria-current]').textContent") == "Start"


@in_browser
def test_the_first_screen_holds_it_all(driver: Any, site: Path) -> None:
    show(driver, site / "index.html", 1280, height=900)
    ends = run(driver, "return [...document.querySelectorAll('.first > *')].map(e => e.getBoundingClientRect().bottom)")
    assert len(ends) >= 9 and max(ends) <= 900


@in_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", "laws/PARA-ASSOC.html", "api/verified_cat.para.html"])
def test_text_stands_out_in_both_schemes(driver: Any, site: Path, dark: bool, page: str) -> None:
    show(driver, site / page, 1280, dark=dark)
    code = """const behind = e => { for (; e; e = e.parentElement) {
        const colour = getComputedStyle(e).backgroundColor;
        if (!/, 0\\)$|transparent/.test(colour)) return colour; } };
    const kinds = "body, p, a, dt, h2, pre, pre span, .word, small, footer p, math";
    return [...document.querySelectorAll(kinds)].slice(0, 400).map(e => [getComputedStyle(e).color, behind(e)])"""
    pairs = {tuple(each) for each in run(driver, code)}
    assert len(pairs) >= 5
    assert [each for each in pairs if contrast(*each) < 4.5] == []
    paper = rgb(run(driver, "return getComputedStyle(document.body).backgroundColor"))
    assert (luminance(paper) < 0.1) is dark


def test_the_version_is_on_every_page(site: Path) -> None:
    assert bare(f"verified_cat {__version__}, MIT licence") in words(site, "commands.html")

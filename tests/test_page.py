"""Reports as pages: nothing in them is taken for markup, no row is lost, and what is no law report is refused."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from verified_cat.cli import main
from verified_cat.commands_laws import drawn, stated
from verified_cat.errors import UsageError
from verified_cat.families import absent, families
from verified_cat.laws.replaying import readable
from verified_cat.markup import visible
from verified_cat.page import SIGNS, html
from verified_cat.reading import MEANINGS, LawReport, read
from verified_cat.report import Report, Row, Strength, Verdict, environment
from verified_cat.summary import badge, markdown

HOSTILE = "</pre></style><script>alert(1)</script><img src=x onerror='a()'> & \"quoted\" `x` [a](javascript:b) |"
VOID = {"meta", "br", "input"}


@dataclass(frozen=True)
class Law:
    title: str
    statement: str
    source: str


LAWS = {
    "CAT-UNIT": Law("identity", "id ; f = f = f ; id.", "Mac Lane 1998, I.1"),
    "CAT-ASSOC": Law("associativity", "(f ; g) ; h = f ; (g ; h).", "Mac Lane 1998, I.1"),
    "RD.7": Law("symmetry", "∂²f is symmetric.", "Cockett et al. 2019"),
    "META-EQ": Law("equalities", "Each law names its equality.", "derived here"),
    "GAD-LATER": Law("later", "A law without a row.", "derived here"),
}


def verdict(word: Strength, **found: Any) -> Verdict:
    return Verdict(word, "any", **found)


def example(**more: Any) -> dict[str, Any]:
    return {"law": "CAT-ASSOC", "world": "lens", "equation": 0, "text": {"f": HOSTILE}, "terms": {}} | more


def report() -> Report:
    """Every word, two methods of one engine, an audit, a law that is not known here, and hostile texts throughout."""
    found, proved = Report(), verdict(Strength.PROVED, witnesses=3)
    refuted = verdict(
        Strength.REFUTED, witnesses=4, gap=math.inf, allowed=1e-15, example=example(), reason=HOSTILE, seconds=0.25
    )
    found.record(Row("CAT-UNIT", "solver", "z3+cvc5", {"functions": proved}))
    found.record(Row("CAT-UNIT", "solver", "another", {"functions": verdict(Strength.VACUOUS, reason="too few")}))
    found.record(Row("CAT-ASSOC", "sympy", "normal form", {"functions": verdict(Strength.EXACT), "lens": refuted}))
    found.record(Row("CAT-ASSOC", "solver", "z3+cvc5", {"lens": verdict(Strength.UNDECIDED, reason="gave up")}))
    found.record(Row("RD.7", "torch", "hypothesis", {"functions": verdict(Strength.SAMPLED, witnesses=1, gap=0.0)}))
    found.record(Row("META-EQ", "suite", "audit", {"suite": verdict(Strength.REFUTED, example=["a fault", HOSTILE])}))
    found.record(Row(f"Z{HOSTILE}-1", "torch", "any", {"lens": verdict(Strength.SAMPLED)}))
    found.record(Row(f"X-{HOSTILE}", f"mine {HOSTILE}", HOSTILE, {HOSTILE: verdict(Strength.SAMPLED)}))
    found.expect("RD.7", "solver", "z3+cvc5", HOSTILE)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    report().write(path)
    return path


@dataclass
class Element:
    name: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        return [each for one in self.inside for each in ([one] if one.name == name else []) + one.all(name)]


class Tree(HTMLParser):
    """The elements of a page. An element that is not closed, or closed twice or across another, fails the test."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open = [Element("", {})]
        self.doctypes: list[str] = []
        self.feed(text)
        self.close()
        assert [each.name for each in self.open] == [""]

    def handle_decl(self, decl: str) -> None:
        self.doctypes.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        element = Element(tag, dict(attrs))
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def page(file: Path) -> Element:
    tree = Tree(html(read(file), LAWS, readable))
    assert tree.doctypes == ["DOCTYPE html"]
    return tree.open[0]


# ------------------------------------------------------------------------------------------------ the HTML page


def test_the_page_is_well_formed_and_every_reference_has_its_end(file: Path) -> None:
    root = page(file)
    everything = [each for name in {e.name for e in _walk(root)} for each in root.all(name)]
    ids = [each.attributes["id"] for each in everything if "id" in each.attributes]
    assert len(ids) == len(set(ids)) >= 8
    links = [each.attributes["href"] or "" for each in root.all("a")]
    assert links[0] == "#laws" and all(link.startswith("#") and link[1:] in ids for link in links)
    assert all(each and not re.search(r"\s", each) for each in ids)
    assert len(root.all("h1")) == len(root.all("main")) == len(root.all("title")) == 1
    assert root.all("html")[0].attributes["lang"] == "en"


def _walk(element: Element) -> list[Element]:
    return [each for one in element.inside for each in [one, *_walk(one)]]


def test_every_details_begins_with_a_summary_that_says_something(file: Path) -> None:
    details = page(file).all("details")
    assert len(details) == 2 + 6
    for each in details:
        assert [one.name for one in each.inside].count("summary") == 1
        assert each.inside[0].name == "summary" and each.inside[0].text.strip()


def test_the_page_loads_and_runs_nothing(file: Path) -> None:
    root = page(file)
    used = {each.name for each in _walk(root)}
    assert not used & {"img", "link", "iframe", "object", "embed", "form", "base"} and len(root.all("script")) == 1
    for each in _walk(root):
        assert not [name for name in each.attributes if name.startswith("on") or name in ("src", "style")]
    style = root.all("style")[0].text
    assert "url(" not in style and "@import" not in style
    policy = next(m.attributes["content"] for m in root.all("meta") if "http-equiv" in m.attributes) or ""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    own = b64encode(hashlib.sha256(root.all("script")[0].text.encode()).digest()).decode()
    wanted = ["default-src 'none'", f"style-src 'sha256-{digest}'", f"script-src 'sha256-{own}'"]
    assert policy.split("; ")[:3] == wanted and "fetch(" not in root.all("script")[0].text
    assert "unsafe" not in policy


def test_hostile_texts_are_shown_as_they_are(file: Path) -> None:
    root = page(file)
    heads = {each.text for each in root.all("th")}
    assert f"mine {HOSTILE}" in heads
    assert f"Laws of Z{HOSTILE}" in {
        each.attributes["aria-label"] for each in root.all("div") if each.inside[0].name == "table"
    }
    assert any(each.text == f"X-{HOSTILE}" for each in root.all("a") + root.all("b"))
    assert f"  f = {HOSTILE}" in root.all("pre")[0].text
    assert HOSTILE in root.all("pre")[1].text
    assert any(each.text == f"Reason: lens: {HOSTILE}" for each in root.all("p"))
    assert any(each.text == f"Reason: {HOSTILE}" for each in root.all("p"))


def test_every_law_has_its_row_and_every_engine_its_word(file: Path) -> None:
    root = page(file)
    cells: dict[str, dict[str, str]] = {}
    for table in root.all("table"):
        engines = [each.text for each in table.all("thead")[0].all("th")][1:]
        for row in (each for each in table.all("tbody")[0].all("tr") if each.attributes["class"] == "law"):
            chips = [each.inside[1] for each in row.all("td")]
            assert [each.inside[0].text for each in row.all("td")] == engines
            assert [each.attributes.get("scope") for each in row.all("th")] == ["row"]
            found = [each.text.removeprefix(each.inside[0].text if each.inside else "") for each in chips]
            cells[row.all("b")[0].text] = dict(zip(engines, found, strict=True))
    mine, none = f"mine {HOSTILE}", "no row"
    assert cells == {
        "CAT-UNIT": {"solver": "vacuous", "sympy": none, "torch": none, mine: none},
        "CAT-ASSOC": {"solver": "undecided", "sympy": "refuted", "torch": none, mine: none},
        "RD.7": {"solver": "not run", "sympy": none, "torch": "sampled", mine: none},
        "META-EQ": {"suite": "refuted"},
        f"Z{HOSTILE}-1": {"solver": none, "sympy": none, "torch": "sampled", mine: none},
        f"X-{HOSTILE}": {"solver": none, "sympy": none, "torch": none, mine: "sampled"},
    }


def folded(root: Element, law: str) -> Element:
    """What is folded under a law."""
    return next(each for each in root.all("details") if each.inside[0].text == f"Evidence for {law}")


def test_the_evidence_of_a_law_is_all_there(file: Path) -> None:
    root = page(file)
    row = next(each for each in root.all("tr") if each.text.startswith("CAT-ASSOC"))
    assert re.sub(r"\s", "", LAWS["CAT-ASSOC"].statement) in re.sub(r"\s", "", row.text)
    found = folded(root, "CAT-ASSOC")
    assert "open" in found.attributes and LAWS["CAT-ASSOC"].source in found.text
    assert "sympy, normal form: 4 witnesses; gap inf, allowed 1e-15; 0.25 s" in found.text
    said = [each.text.lstrip("".join(SIGNS.values())) for each in found.all("li")]
    assert said[1:] == [
        "exact in functions 0 witnesses; 0 s",
        "refuted in lens 4 witnesses; gap inf, allowed 1e-15; 0.25 s",
    ]
    assert said[0].startswith("undecided in lens")
    assert "verified-cat replay report.json --engine sympy" in found.text
    quiet = folded(root, "RD.7")
    assert "open" not in quiet.attributes
    assert "1 witness; gap 0, allowed -; 0 s" in quiet.text


def test_unknown_laws_and_laws_without_a_row_are_said(file: Path) -> None:
    root = page(file)
    row = next(each for each in root.all("tr") if each.text.startswith("X-"))
    assert "This version does not state the law" in row.text
    assert "1 laws of this version: GAD-LATER" in root.all("footer")[0].text
    assert absent(read(file), LAWS) == ["GAD-LATER"]


def test_the_header_counts_and_explains(file: Path) -> None:
    header = page(file).all("header")[0]
    assert "1 proved, 3 sampled, 1 not run, 1 undecided, 1 vacuous, 2 refuted" in header.text
    assert all(f"{name}{version}" in header.text for name, version in environment().items())
    assert set(MEANINGS) == set(Strength)
    assert all(f"{word.value}{says}" in header.text for word, says in MEANINGS.items())


def test_a_report_in_which_nothing_falls_short(tmp_path: Path) -> None:
    found = Report()
    found.record(Row("CAT-UNIT", "sympy", "by hand", {"lens": verdict(Strength.EXACT)}))
    found.write(tmp_path / "report.json")
    text = html(read(tmp_path / "report.json"), {"CAT-UNIT": LAWS["CAT-UNIT"]}, readable)
    assert (
        '<nav aria-label="Contents"><h2>Refuted, vacuous or undecided</h2><p>No law.</p><h2>Families</h2>'
        '<ul><li><a href="#family-CAT">CAT</a> 1</li></ul></nav>'
    ) in text
    assert "<footer></footer>" in text and "<pre>" not in text and " open>" not in text


def test_colour_is_never_alone(file: Path) -> None:
    root = page(file)
    style = root.all("style")[0].text
    chips = [each for each in root.all("span") if (each.attributes.get("class") or "").startswith("word ")]
    said = [each for each in chips if each.attributes["class"] != "word none"]
    for each in said:
        kind, word = (each.attributes["class"] or "").removeprefix("word "), Strength(each.text[1:])
        assert word.value == kind.replace("-", " ") and each.inside[0].text == SIGNS[word]
        assert kind == "not-run" or f".{kind}" in style
    assert {each.text[1:] for each in said} == {word.value for word in Strength}
    assert len(set(SIGNS.values())) == len(Strength)
    assert "prefers-color-scheme: dark" in style and "@media print" in style


def test_wide_tables_scroll_in_a_box_that_the_keyboard_reaches(file: Path) -> None:
    for box in (each for each in page(file).all("div") if each.attributes.get("class") == "scroll"):
        assert box.attributes["tabindex"] == "0" and box.attributes["role"] == "region"
        assert box.attributes["aria-label"] and [each.name for each in box.inside] == ["table"]


@pytest.mark.parametrize("make", [html, markdown])
def test_the_same_report_makes_the_same_page(file: Path, make: Callable[..., str]) -> None:
    once, twice = (make(read(file), LAWS, readable) for _ in range(2))
    data = json.loads(file.read_text(encoding="utf-8"))
    data["verdicts"].reverse()
    file.write_text(json.dumps(data), encoding="utf-8")
    assert once == twice == make(read(file), LAWS, readable)


def test_what_cannot_be_printed_is_shown_by_its_number() -> None:
    assert visible("a\u202eb\x00\ud800\n\tc α⊗") == "a\\u202eb\\u0000\\ud800  c α⊗"


# ------------------------------------------------------------------------------------------------ Markdown


def test_markdown_tables_have_a_line_for_each_law(file: Path) -> None:
    text = markdown(read(file), LAWS, readable)
    tables = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    laws = [row[0].strip() for row in tables if row[0] not in ("---", " law ")]
    assert laws[:4] == ["CAT-UNIT", "CAT-ASSOC", "RD.7", "META-EQ"]
    assert laws[4].startswith("X-") and laws[5].startswith("Z") and len(laws) == 6
    headings = [number for number, row in enumerate(tables) if row[0] == " law "]
    for start, end in zip(headings, [*headings[1:], len(tables)], strict=True):
        assert {len(row) for row in tables[start:end]} == {len(tables[start])}
        assert tables[start + 1] == ["---"] * len(tables[start])
    assert [len(tables[number]) for number in headings] == [6, 6, 3, 6, 6]
    for line in text.splitlines():
        plain = re.sub(r"</?(details|summary)>", "", line)
        assert "<" not in plain or line.startswith("  f = ") or line == HOSTILE
    assert "No row of this report is about 1 laws: GAD-LATER." in text


def test_markdown_begins_with_what_is_refuted(file: Path) -> None:
    text = markdown(read(file), LAWS, readable)
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads[:2] == ["## CAT-ASSOC: refuted", "## META-EQ: refuted"] and heads[2].startswith("## CAT-UNIT: vacuous")
    assert text.index("## CAT-ASSOC") < text.index("<details>") and "RD.7: " not in "".join(heads)
    assert "- refuted in lens" in text and "gap inf, allowed 1e-15" in text
    assert "verified-cat replay report.json --engine sympy" in text


def test_a_badge_says_the_weakest_word(file: Path, tmp_path: Path) -> None:
    assert badge(read(file)) == {"schemaVersion": 1, "label": "laws", "message": "2 refuted", "color": "red"}
    found = Report()
    found.record(Row("CAT-UNIT", "sympy", "any", {"lens": verdict(Strength.EXACT)}))
    found.write(tmp_path / "report.json")
    assert badge(read(tmp_path / "report.json"))["message"] == "1 exact"


def test_a_fence_is_longer_than_any_in_the_example(tmp_path: Path) -> None:
    found = Report()
    found.record(
        Row("CAT-UNIT", "sympy", "any", {"lens": verdict(Strength.REFUTED, example=["```", "<b>", "a````b\n# c"])})
    )
    found.write(tmp_path / "report.json")
    text = markdown(read(tmp_path / "report.json"), LAWS, readable)
    assert "\n`````text\n```\n<b>\na````b # c\n`````\n" in text


# ------------------------------------------------------------------------------------------------ reading


def changed(where: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Put ``value`` into the report, or into its first row, or take the field away where it is ``...``."""

    def change(data: dict[str, Any]) -> None:
        target = data["verdicts"][0] if where.startswith("row ") else data
        key = where.removeprefix("row ")
        if value is ...:
            del target[key]
        else:
            target[key] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (changed("verdicts", ...), "has no 'verdicts'"),
        (changed("verdicts", {}), "has a 'verdicts' that is not a list"),
        (changed("verdicts", []), "has no verdict in it"),
        (changed("verdicts", [3]), r"verdicts\[0\] that is not an object"),
        (changed("schema", ...), "has no 'schema'"),
        (changed("schema", 2), "has a 'schema' that is not 1"),
        (changed("schema", True), "has a 'schema' that is not 1"),
        (changed("environment", {"python": 3}), "'environment' that is not an object of texts"),
        (changed("row law", ...), r"verdicts\[0\] has no 'law'"),
        (changed("row law", ""), "'law' that is not a name"),
        (changed("row law", "a\nb"), "'law' that is not a name"),
        (changed("row engine", "\u202emine"), "'engine' that is not a name"),
        (changed("row method", 1), "'method' that is not a name"),
        (changed("row verdict", "passed"), "says 'passed', which is none of the seven words"),
        (changed("row verdict", ["exact"]), "none of the seven words"),
        (changed("row verdict", "proved"), "says 'proved', but its worlds come to 'undecided'"),
        (changed("row worlds", {}), "'worlds' that is not an object that is not empty"),
        (changed("row worlds", {"lens": "fine"}), "says 'fine'"),
        (changed("row witnesses", -1), "'witnesses' that is not a count"),
        (changed("row witnesses", True), "'witnesses' that is not a count"),
        (changed("row gap", "wide"), "'gap' that is not a number"),
        (changed("row gap", []), "'gap' that is not a number"),
        (changed("row allowed", 10**400), "'allowed' that is not a number"),
        (changed("row seconds", None), "'seconds' that is not a number"),
        (changed("row figures", []), "'figures' that is not by world"),
        (changed("row figures", {"nowhere": {}}), "'figures' that is not by world"),
        (changed("row figures", {"lens": 3}), "figures that are not an object"),
        (changed("row figures", {"lens": {"gap": 0}}), "in 'lens' has no 'allowed'"),
        (changed("row reason", None), "'reason' that is not a text"),
        (changed("row example", "text"), "'example' that is not an example"),
        (changed("row example", {"text": []}), "'example' that is not an example"),
        (changed("row example", {"points": {"p": 1}}), "'example' that is not an example"),
        (
            lambda data: data["verdicts"].append(copy.deepcopy(data["verdicts"][0])),
            "has two rows for CAT-ASSOC, solver",
        ),
    ],
)
def test_what_is_no_law_report_is_refused(file: Path, change: Callable[[dict[str, Any]], None], says: str) -> None:
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(UsageError, match=says) as refused:
        read(file)
    assert str(file) in str(refused.value) and len(str(refused.value)) < 400


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{", b"null", b"[" * 100_000, b"9" * 5000])
def test_what_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a law report"):
        read(path)


def test_an_example_nested_too_deeply_is_refused(file: Path) -> None:
    def deep(_: Any) -> list[str]:
        raise RecursionError

    with pytest.raises(UsageError, match="nested too deeply"):
        html(read(file), LAWS, deep)


def test_families_keep_the_order_in_which_laws_are_stated(file: Path) -> None:
    found: LawReport = read(file)
    assert [group.name for group in families(found, LAWS)][:3] == ["CAT", "RD", "META"]
    assert [each.law for each in families(found, LAWS)[0].laws] == ["CAT-UNIT", "CAT-ASSOC"]
    assert families(found, {})[-1].laws[0].source == ""


# ------------------------------------------------------------------------------------------------ the command


def call(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["report", *map(str, arguments)])


def test_the_command_writes_both_and_judges_nothing(file: Path, tmp_path: Path) -> None:
    result = call(file, "--markdown", tmp_path / "new" / "r.md", "--html", tmp_path / "r.html")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("2 refuted") == 2
    found = read(file)
    shown = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert shown == html(found, stated(), readable, None, drawn(found))
    written = (tmp_path / "new" / "r.md").read_text(encoding="utf-8")
    assert written == markdown(found, stated(), readable) == call(file).stdout
    assert "id\\_A ; f = f = f ; id\\_B" in written


def test_the_command_refuses_in_one_line(file: Path, tmp_path: Path) -> None:
    before = file.read_text(encoding="utf-8")
    other = tmp_path / "other.json"
    other.write_text('{"schema": 1, "verdict": "not run"}', encoding="utf-8")
    for arguments, says in [
        ((tmp_path / "none.json",), "does not exist"),
        ((tmp_path,), "is a directory"),
        ((other, "--html", tmp_path / "r.html"), "`pytest laws/ --law-report FILE` writes one"),
        ((file, "--html", file), "have to be different files"),
        ((file, "--html", tmp_path / "r", "--markdown", tmp_path / "r"), "have to be different files"),
        ((file, "--html", other / "r.html"), "cannot write"),
    ]:
        result = call(*arguments)
        assert result.exit_code == 4, result.output
        assert says in result.stderr and len(result.stderr.strip().splitlines()) == 1
    assert file.read_text(encoding="utf-8") == before
    assert not (tmp_path / "r.html").exists()

"""What is made of a manifest, whole: the statement, the crate and the page, and which paths are of a machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from verified_cat import results_folder, results_page
from verified_cat.results_folder import CRATE, DERIVED, MANIFEST, PAGE, PROVENANCE
from verified_cat.style import BASE

ONE: Mapping[str, Any] = {
    "name": "a number",
    "says": "it is small",
    "command": "python make.py {out}",
    "verdict": "within bound",
    "why": "error 0.5, at most 1",
    "found": {"n.json: error": 0.5},
    "folder": "a-number",
    "ended": "",
    "seconds": 1.26,
    "cpu_seconds": 2,
}
TWO = {**ONE, "name": "two", "folder": "two", "verdict": "mismatch", "why": "exit code 1", "found": {}}
FILES = {"a-number/n 1.json": "12" * 32, "a-number/m.bin": "34" * 32, "two/output": "56" * 32}
WHOLE: Mapping[str, Any] = {
    "kind": "verified-cat results",
    "version": "9.1",
    "began": "2026-01-02T03:04:05Z",
    "ended": "2026-01-02T03:05:05Z",
    "source": {"commit": "abcd", "dirty": True},
    "environment": {"python": "3.11", "TZ": "UTC"},
    "packages": {"torch": {"version": "2.1+cpu", "files": "78" * 32}},
    "claims_file": "90" * 32,
    "claims": [ONE, TWO],
    "files": FILES,
}

# ------------------------------------------------------------------------------------------------ provenance


def test_the_statement() -> None:
    """in-toto Statement v1 with SLSA provenance v1."""
    found = results_folder.statement(WHOLE, {"b": "2" * 64, "a": "1" * 64})
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["subject"] == [
        {"name": "a", "digest": {"sha256": "1" * 64}},
        {"name": "b", "digest": {"sha256": "2" * 64}},
    ]
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    build = found["predicate"]["buildDefinition"]
    assert build["buildType"] == "urn:verified-cat:reproduce:1"
    assert build["externalParameters"] == {"claims": {"a number": ONE["command"], "two": ONE["command"]}}
    assert build["resolvedDependencies"] == [
        {
            "name": "source",
            "uri": "urn:verified-cat:source",
            "digest": {"gitCommit": "abcd"},
            "annotations": {"dirty": True},
        },
        {"name": "artifact/claims.toml", "digest": {"sha256": "90" * 32}},
        {
            "name": "torch",
            "uri": "pkg:pypi/torch@2.1%2Bcpu",
            "annotations": {"installedFilesSha256": "78" * 32},
        },
    ]
    assert found["predicate"]["runDetails"] == {
        "builder": {"id": "urn:verified-cat:reproduce:unattested"},
        "metadata": {"startedOn": "2026-01-02T03:04:05Z", "finishedOn": "2026-01-02T03:05:05Z"},
    }


def test_the_settings_of_the_build() -> None:
    """What is set and not asked for: the environment."""
    build = results_folder.statement(WHOLE, {})["predicate"]["buildDefinition"]
    assert build["internalParameters"] == {"environment": WHOLE["environment"]}


def test_without_a_repository_there_is_no_digest_of_the_source() -> None:
    whole = {**WHOLE, "source": {"commit": "", "dirty": False}}
    found = results_folder.statement(whole, {})["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert found == {"name": "source", "uri": "urn:verified-cat:source", "annotations": {"dirty": False}}


# ------------------------------------------------------------------------------------------------ RO-Crate


def test_the_crate() -> None:
    """RO-Crate 1.1, entity by entity."""
    found = results_folder.crate(WHOLE)
    assert list(found) == ["@context", "@graph"] and found["@context"] == "https://w3id.org/ro/crate/1.1/context"
    names = ["manifest.json", "report.html", "provenance.json"]
    quoted = [*names, "a-number/n%201.json", "a-number/m.bin", "two/output"]
    described, whole, licence, program, *others = found["@graph"]
    assert described == {
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
        "about": {"@id": "./"},
    }
    assert whole == {
        "@id": "./",
        "@type": "Dataset",
        "name": "Claims of verified_cat, established again",
        "description": "2 claims: the files that their commands made, and a verdict on each.",
        "datePublished": "2026-01-02T03:05:05Z",
        "license": {"@id": "https://spdx.org/licenses/MIT"},
        "hasPart": [{"@id": name} for name in quoted],
        "mentions": [{"@id": "#a-number"}, {"@id": "#two"}],
    }
    assert licence == {"@id": "https://spdx.org/licenses/MIT", "@type": "CreativeWork", "name": "MIT License"}
    assert program == {
        "@id": "#verified_cat",
        "@type": "SoftwareApplication",
        "name": "verified_cat",
        "softwareVersion": "9.1",
    }
    formats = ["application/json", "text/html", "application/json"]
    formats += ["application/json", "application/octet-stream", "text/plain"]
    wanted = [
        {"@id": identity, "@type": "File", "name": name, "encodingFormat": kind}
        for identity, name, kind in zip(quoted, [*names, *FILES], formats, strict=True)
    ]
    for each, digest in zip(wanted[3:], FILES.values(), strict=True):
        each["sha256"] = digest
    assert others[:6] == wanted
    assert others[6:] == [
        {
            "@id": "#a-number",
            "@type": "CreateAction",
            "name": "python make.py {out}",
            "description": "it is small: within bound, error 0.5, at most 1",
            "instrument": {"@id": "#verified_cat"},
            "result": [{"@id": "a-number/n%201.json"}, {"@id": "a-number/m.bin"}],
        },
        {
            "@id": "#two",
            "@type": "CreateAction",
            "name": "python make.py {out}",
            "description": "it is small: mismatch, exit code 1",
            "instrument": {"@id": "#verified_cat"},
            "result": [{"@id": "two/output"}],
        },
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("x.jsonl", "application/jsonl"),
        ("x.md", "text/markdown"),
        ("x.svg", "image/svg+xml"),
        ("x.toml", "application/toml"),
    ],
)
def test_the_formats_of_files(name: str, kind: str) -> None:
    graph = results_folder.crate({**WHOLE, "files": {name: "0" * 64}})["@graph"]
    assert [each["encodingFormat"] for each in graph if each["@id"] == name] == [kind]


# ------------------------------------------------------------------------------------------------ the folder


def manifest(whole: Mapping[str, Any] = WHOLE) -> str:
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def test_what_is_derived() -> None:
    """The statement covers the manifest and what is made of it, itself apart."""
    text = manifest()
    made = results_folder.derived(text)
    assert tuple(made) == DERIVED == ("report.html", "ro-crate-metadata.json", "provenance.json")
    assert made[PAGE] == results_page.html(WHOLE)
    assert made[CRATE] == json.dumps(results_folder.crate(WHOLE), indent=2, ensure_ascii=False) + "\n"
    texts = {MANIFEST: text, PAGE: made[PAGE], CRATE: made[CRATE]}
    subjects = FILES | {name: sha256(each.encode()).hexdigest() for name, each in texts.items()}
    assert json.loads(made[PROVENANCE]) == results_folder.statement(WHOLE, subjects)


def test_what_is_written(tmp_path: Path) -> None:
    """Every file but the four of the folder itself is in the manifest, by its SHA-256."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b.txt").write_text("é")
    (tmp_path / "a" / MANIFEST).write_text("{}")
    for name in (MANIFEST, *DERIVED):
        (tmp_path / name).write_text("of before")
    results_folder.write(tmp_path, {**WHOLE, "version": "é"})
    files = {f"a/{MANIFEST}": sha256(b"{}").hexdigest(), "b.txt": sha256("é".encode()).hexdigest()}
    text = (tmp_path / MANIFEST).read_text()
    assert text == manifest({**WHOLE, "version": "é", "files": files})
    assert {name: (tmp_path / name).read_text() for name in DERIVED} == results_folder.derived(text)
    assert list(results_folder.digests(tmp_path)) == [f"a/{MANIFEST}", "b.txt"]
    assert results_folder.faults(tmp_path, text) == []


def test_what_is_not_as_it_was_made(tmp_path: Path) -> None:
    results_folder.write(tmp_path, dict(WHOLE))
    text = (tmp_path / MANIFEST).read_text()
    (tmp_path / PAGE).unlink()
    (tmp_path / PAGE).mkdir()
    (tmp_path / CRATE).write_text("{}")
    assert results_folder.faults(tmp_path, text) == [
        "report.html is not there",
        "ro-crate-metadata.json is not what manifest.json gives",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        (manifest({**WHOLE, "claims": [3]}), "TypeError"),
        (manifest({**WHOLE, "environment": 3}), "AttributeError"),
        (manifest({key: value for key, value in WHOLE.items() if key != "version"}), "KeyError"),
    ],
)
def test_of_what_nothing_can_be_made(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = results_folder.faults(tmp_path, text)
    what = "report.html, ro-crate-metadata.json, provenance.json"
    assert found.startswith(f"manifest.json lacks what {what} are made of: {fault}: ")


# ------------------------------------------------------------------------------------------------ the machine


def test_impersonal() -> None:
    """The folders of the tree and of the results by name; of all else on the machine, the file alone."""
    text = "/home/me/x/out/a.json /home/me/x/b.py '/usr/lib/python3/c.py' see https://a.org/home/d ~/e ./tmp/f"
    wanted = "{out}/a.json {root}/b.py '{...}/c.py' see https://a.org/home/d ~/e ./tmp/f"
    assert results_folder.impersonal(text, Path("/home/me/x"), Path("/home/me/x/out")) == wanted


FOLDERS = ("home", "root", "Users", "tmp", "private", "var", "opt", "mnt", "srv", "work", "usr", "builds")


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_of_a_machine(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(f"({folder}) in /{folder}/x\xff/y, twice /{folder}/z".encode("latin-1"))
    (tmp_path / "c").write_text(f"{folder}/x")
    assert results_folder.personal(tmp_path) == [f"a/b names a folder of the machine: /{folder}/x\ufffd/y"]


# ------------------------------------------------------------------------------------------------ the page


def body(whole: Mapping[str, Any] = WHOLE) -> str:
    """What stands in the body of the page, without the signs of verdicts laid out."""
    return results_page.html(whole).partition("<body")[2]


def test_the_page_says_from_what_and_when() -> None:
    def made(commit: str, dirty: bool) -> str:
        return body({**WHOLE, "source": {"commit": commit, "dirty": dirty}})

    times = "; 2026-01-02T03:04:05Z to 2026-01-02T03:05:05Z."
    assert f"<p>verified_cat 9.1, commit abcd with uncommitted changes{times}</p>" in made("abcd", True)
    assert f"<p>verified_cat 9.1, commit abcd{times}</p>" in made("abcd", False)
    assert f"<p>verified_cat 9.1, files outside of a repository{times}</p>" in made("", False)


def test_the_page_counts_verdicts() -> None:
    """In the order of strength, those that are there."""
    words = ["mismatch", "not run", "holds", "holds", "within bound"]
    claims = [{**ONE, "verdict": word} for word in words]
    found = body({**WHOLE, "claims": claims}).partition('class="counts"')[2].partition("</ul>")[0]
    order = [found.index(word) for word in ("within bound", "holds", "not run", "mismatch")]
    assert order == sorted(order) and "identical" not in found and found.count("<li>") == 4
    assert " 2</li>" in found and found.count(" 1</li>") == 3


SIGNS = {
    "identical": ("=", "exact"),
    "within bound": ("≈", "sampled"),
    "holds": ("✓", "proved"),
    "not run": ("–", "none"),
    "mismatch": ("✗", "refuted"),
    "splendid": ("?", "none"),
}


@pytest.mark.parametrize("word", SIGNS)
def test_a_verdict_has_a_sign_and_a_colour(word: str) -> None:
    """Those of the strengths of evidence; in the counts, in the table, and where the claim is."""
    sign, look = SIGNS[word]
    found = body({**WHOLE, "claims": [{**ONE, "verdict": word}]})
    shown = f'<span class="word {look}"><span class="sign" aria-hidden="true">{sign}</span>{word}</span>'
    assert found.count(shown) == (2 if word == "splendid" else 3)


class Outline(HTMLParser):
    """The elements of a page, each followed by what is in it; an element that is not closed in its place is refused."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.said = ""
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
            self.said += f"{tag}("

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.said += ")"


SHOWN = "span(span())"
OUTLINE = (
    f"a()header(h1()p()p()ul(li({SHOWN})li({SHOWN})))"
    "main(div(table(thead(tr(th()th()th()th()th()))"
    f"tbody(tr(th(a())td({SHOWN})td()td()td())tr(th(a())td({SHOWN})td()td()td()))))"
    f"article(h2()p({SHOWN})pre()dl(div(dt()dd()))details(summary()ul(li(a()small())li(a()small()))))"
    f"article(h2()p({SHOWN})pre()details(summary()ul(li(a()small())))))"
    "footer(details(summary()dl(div(dt()dd())div(dt()dd()))))"
)


def test_the_outline_of_the_page() -> None:
    """Headings and tables of one level each: what stands in what, for those who listen to it."""
    assert Outline(results_page.html(WHOLE)).said.partition("body(")[2] == f"{OUTLINE}))"


def test_the_head_of_the_page() -> None:
    """Its title, and its style, in which no quotation mark swallows the rules that follow."""
    head = results_page.html(WHOLE).partition("<body")[0]
    assert "<title>Claims established again</title>" in head
    style = head.partition("<style>")[2].partition("</style>")[0]
    assert style.startswith(BASE) and not set(style.removeprefix(BASE)) & {"'", '"'}
    assert style.count("{") == style.count("}") > BASE.count("{")


def test_the_page_can_be_walked_by_keys() -> None:
    found = body()
    assert found.startswith(
        '><a href="#claims" class="skip">To the claims</a><header><h1>Claims established again</h1>'
    )
    assert '<main id="claims" tabindex="-1">' in found and '<p class="says">Identical: as recorded' in found
    assert "nothing is signed, so it says nothing about who made them.</p>" in found
    assert '<ul class="counts" aria-label="Claims by verdict">' in found and 'aria-label="Claims"' in found
    assert "<dt>n.json: error</dt><dd>0.5</dd>" in found and found.count("<dl>") == 2


def test_a_verdict_that_nobody_knows_is_shown_as_it_is() -> None:
    assert "splendid" in body({**WHOLE, "claims": [{**ONE, "verdict": "splendid"}]})


def test_the_page_has_a_row_and_a_part_for_every_claim() -> None:
    found = body()
    for column in ("Claim", "Verdict", "Why", "Seconds", "CPU seconds"):
        assert f'<th scope="col">{column}</th>' in found
    assert found.count('<td class="number">1.3</td><td class="number">2.0</td>') == 2
    assert '<th scope="row"><a href="#a-number">a number</a></th>' in found and "<td>exit code 1</td>" in found
    one, two = found.partition("<article")[2].split("<article")
    assert 'id="a-number"' in one and "<h2>a number</h2>" in one and "<pre>python make.py {out}</pre>" in one
    assert "<summary>2 files, with their SHA-256</summary>" in one and "<summary>1 files" in two
    assert f'<li><a href="a-number/n%201.json">a-number/n 1.json</a> <small>{"12" * 32}</small></li>' in one
    assert "n.json: error" in one and "0.5" in one and "n.json: error" not in two
    assert "<p>it is small. <" in one and "> error 0.5, at most 1</p>" in one


def test_the_page_ends_with_the_environment() -> None:
    footer = body().partition("<footer")[2]
    assert "<summary>Environment</summary>" in footer
    assert all(word in footer for word in ("python", "3.11", "TZ", "UTC"))


def test_the_page_escapes_what_it_is_given() -> None:
    evil = {
        **ONE,
        "name": "<b>",
        "says": "<b>",
        "command": "<b>",
        "why": "<b>",
        "folder": '"><b>',
        "found": {"<b>": "<b>"},
    }
    whole = {**WHOLE, "version": "<b>", "environment": {"<b>": "<b>"}, "claims": [evil], "files": {'"><b>/<b>': "<b>"}}
    assert "<b>" not in results_page.html(whole) and "&lt;b&gt;" in results_page.html(whole)

"""What is made of the manifest of a folder of results, its readers by others, and what it says of the machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from verified_cat import reproducing, results_folder, surroundings
from verified_cat.commands import Refused
from verified_cat.results_folder import CRATE, DERIVED, MANIFEST, PAGE, PROVENANCE

sys.path.insert(0, str(Path(__file__).parent))
from claims_at_work import established, tree

ROOT = Path(__file__).parent.parent
FILE = """
[[claims]]
name = "a number"
says = "it is <small> & round"
command = "python make.py {out}"
minutes = 0.1
results = [{ file = "n.json", figure = "error", at_most = 0.1 }]
"""
MAKE = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[1])
(out / "n.json").write_text(json.dumps({"error": 0.05}))
(out / "manifest.json").write_text("{}")
print(f"made {out / 'n.json'} by {__file__} in {pathlib.Path().resolve()}")
print("at /home/somebody/thesis/main.py, line 3", file=sys.stderr)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path, FILE, make=MAKE)


@pytest.fixture
def out(root: Path) -> Path:
    """A folder of results, of files outside of a repository."""
    established(root, "out")
    return root / "out"


def said(out: Path, name: str) -> Any:
    return json.loads((out / name).read_text())


def test_a_folder_is_complete(root: Path, out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {MANIFEST, *DERIVED, "a-number"}
    assert set(said(out, MANIFEST)["files"]) == {f"a-number/{name}" for name in ("n.json", "manifest.json", *PRINTED)}
    assert reproducing.checked(root, out) == []


PRINTED = ("output", "errors")


# ------------------------------------------------------------------------------------------------ made of the manifest


@pytest.mark.parametrize("name", DERIVED)
@pytest.mark.parametrize(
    "change", [lambda path: path.unlink(), lambda path: path.write_bytes(b" " + path.read_bytes())]
)
def test_what_is_made_of_the_manifest_is_held_to_it(
    root: Path, out: Path, name: str, change: Callable[[Path], object]
) -> None:
    change(out / name)
    wrong = reproducing.checked(root, out)
    assert len(wrong) == 1 and wrong[0].startswith(f"{name} is not")


def test_a_file_in_a_folder_of_a_claim_is_covered_whatever_its_name(root: Path, out: Path) -> None:
    (out / "a-number" / MANIFEST).write_text("[]")
    (out / "a-number" / PAGE).write_text("")
    wrong = reproducing.checked(root, out)
    assert f"a-number/{MANIFEST} has other bytes" in wrong and f"a-number/{PAGE} is in no manifest" in wrong


@pytest.mark.parametrize("lost", ["version", "began", "packages", "claims_file", "files", "source"])
def test_a_manifest_that_lacks_something(root: Path, out: Path, lost: str) -> None:
    whole = said(out, MANIFEST)
    del whole[lost]
    (out / MANIFEST).write_text(json.dumps(whole))
    assert any(f"{MANIFEST} lacks what" in wrong for wrong in reproducing.checked(root, out))


def test_the_statement_covers_every_file(out: Path) -> None:
    """What in-toto and SLSA v1 ask for: types, subjects with digests, a build type, a builder, times."""
    found = said(out, PROVENANCE)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {each["name"] for each in found["subject"]} == there - {PROVENANCE}
    assert all(len(each["digest"]["sha256"]) == 64 for each in found["subject"])
    definition, details = found["predicate"]["buildDefinition"], found["predicate"]["runDetails"]
    assert definition["externalParameters"] == {"claims": {"a number": "python make.py {out}"}}
    assert ":" in definition["buildType"] and ":" in details["builder"]["id"]
    assert details["metadata"]["startedOn"] <= details["metadata"]["finishedOn"]
    source, claims, *packages = definition["resolvedDependencies"]
    assert source["annotations"] == {"dirty": False} and "digest" not in source, "there is no repository"
    assert claims["digest"]["sha256"] == said(out, MANIFEST)["claims_file"]
    assert any(each["uri"].startswith("pkg:pypi/sympy@") for each in packages)


def test_the_statement_is_read_by_others(out: Path) -> None:
    reason = "not run: pip install in-toto-attestation"
    model = pytest.importorskip("in_toto_attestation.v1.statement_pb2", reason=reason).Statement()
    pytest.importorskip("google.protobuf.json_format").ParseDict(said(out, PROVENANCE), model)
    pytest.importorskip("in_toto_attestation.v1.statement").Statement.copy_from_pb(model).validate()


def test_the_crate_describes_every_file(out: Path) -> None:
    """What RO-Crate 1.1 asks for: the descriptor, the root with name, date and licence, and entities that are there."""
    graph = {each["@id"]: each for each in said(out, CRATE)["@graph"]}
    assert graph[CRATE]["about"] == {"@id": "./"} and graph[CRATE]["conformsTo"]["@id"].endswith("/ro/crate/1.1")
    assert {"name", "description", "datePublished", "license", "hasPart"} < set(graph["./"])
    there = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {unquote(each["@id"]) for each in graph["./"]["hasPart"]} == there - {CRATE}
    wanted = [each["@id"] for part in graph.values() for value in part.values() for each in _references(value)]
    assert set(wanted) - set(graph) == {"https://w3id.org/ro/crate/1.1"}
    made = graph["#a-number"]
    assert made["@type"] == "CreateAction" and {"@id": "a-number/n.json"} in made["result"]


def _references(value: Any) -> list[dict[str, str]]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def test_the_crate_is_read_by_others(out: Path) -> None:
    rocrate = pytest.importorskip("rocrate.rocrate", reason="not run: pip install rocrate")
    crate = rocrate.ROCrate(out)
    assert crate.name and {each.id for each in crate.data_entities} >= {PAGE, "a-number/n.json"}


class Read(HTMLParser):
    """Which elements a page has, what they refer to, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ends: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ends += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_one_file_that_loads_nothing(out: Path) -> None:
    page = Read((out / PAGE).read_text())
    assert not {"script", "link", "img", "iframe", "small>"} & set(page.tags)
    assert "it is <small> & round" in page.text and "within bound" in page.text and "python make.py {out}" in page.text
    files = [end for end in page.ends if not end.startswith("#")]
    assert {unquote(end) for end in files} == set(said(out, MANIFEST)["files"])
    assert {end[1:] for end in page.ends if end.startswith("#")} == {"claims", "a-number"}


# ------------------------------------------------------------------------------------------------ the machine


def test_nothing_says_where_it_was_made(root: Path, out: Path) -> None:
    printed = (out / "a-number" / "output").read_text()
    assert printed == "made {out}/n.json by {root}/make.py in {root}\n"
    assert (out / "a-number" / "errors").read_text() == "at {...}/main.py, line 3\n"
    assert not [path for path in out.rglob("*") if path.is_file() and str(root).encode() in path.read_bytes()]


@pytest.mark.parametrize("text", ["/home/somebody/x", "at /root/x.py", '{"file": "/tmp/x/y.json"}', "(/Users/me/x)"])
def test_a_file_that_names_a_folder_of_the_machine(root: Path, out: Path, text: str) -> None:
    (root / "make.py").write_text(MAKE.replace('"{}"', repr(text)))
    established(root, "again")
    wrong = reproducing.checked(root, root / "again")
    assert len(wrong) == 1 and wrong[0].startswith("a-number/manifest.json names a folder of the machine: /")


@pytest.mark.parametrize(
    "text", ["https://example.org/home/x", "docs/usr/x", "and/or/tmp/x", "GET /index", "a /tmp dir"]
)
def test_what_is_no_folder_of_the_machine(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    assert results_folder.personal(tmp_path) == []


# ------------------------------------------------------------------------------------------------ the commit


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def committed(root: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("not run: git not found")
    git(root, "init")
    git(root, "add", "-A")
    git(root, "commit", "-m", "all")
    return root


def test_results_of_a_commit(committed: Path) -> None:
    """The folder of the results may lie in the tree: it is no change of the commit."""
    established(committed, "out")
    found = said(committed / "out", MANIFEST)["source"]
    assert len(found["commit"]) == 40 and found["dirty"] is False
    assert said(committed / "out", PROVENANCE)["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"] == {
        "gitCommit": found["commit"]
    }
    assert reproducing.checked(committed, committed / "out") == []


@pytest.mark.parametrize("when", ["before", "while it runs"])
def test_results_of_a_dirty_tree_are_refused(committed: Path, when: str) -> None:
    if when == "before":
        (committed / "more.py").write_text("")
    else:
        (committed / "make.py").write_text(MAKE + "pathlib.Path('more.py').write_text('')\n")
        git(committed, "commit", "-am", "it writes")
    established(committed, "out")
    wrong = reproducing.checked(committed, committed / "out")
    assert len(wrong) == 1 and "the results are of no commit" in wrong[0]


def test_nothing_is_recorded_from_a_dirty_tree(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from verified_cat.commands_artifact import reproduce

    monkeypatch.chdir(committed)
    (committed / "more.py").write_text("")
    for options in (["--full"], ["--claim", "a number", "--record"]):
        with pytest.raises(Refused, match="commit first"):
            reproduce.main([*options, "--out", "out"], standalone_mode=False)
    assert not (committed / "out").exists() and not (committed / reproducing.EXPECTED).exists()


# ------------------------------------------------------------------------------------------------ the environment


def test_installed_files_are_known_by_one_digest() -> None:
    found = surroundings.packages()
    assert found["sympy"]["version"] == surroundings.environment()["sympy"] and len(found["sympy"]["files"]) == 64
    assert len({each["files"] for each in found.values()}) == len(found)


def test_other_instructions_are_another_environment(root: Path) -> None:
    reproducing.record(root, established(root, "a"))
    (same,), (other,) = established(root, "b"), established(root, "c", "default")
    assert (same.word, other.word) == ("identical", "within bound")
    assert reproducing.checked(root, root / "b") == reproducing.checked(root, root / "c") == []

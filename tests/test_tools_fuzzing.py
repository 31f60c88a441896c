"""Readers of files: damaged files are read or refused by name; a planted crash is found, kept, and found again."""

from __future__ import annotations

import json
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="not run: torch not installed (pip install verified-cat[gpu])")

from tools import fuzzing
from tools.fuzzing import ALL, keep, outcome, outcome_of, recorded, search, search_on
from tools.readers import JSON, TOML, Reader, put
from verified_cat import claims, failing, portable, reproducing
from verified_cat.certificate_file import PARTS, read
from verified_cat.errors import DataError, UsageError
from verified_cat.gpu import checkpoints, configuration, saving, schema_folder, session
from verified_cat.laws import known, replaying, shards
from verified_cat.objects import space

NAMED = {reader.name: reader for reader in ALL}
DEEP = "[" * 100_000
SLOW = ("run", "run-page", "verify", "law-case")  # trainings, certificates, laws in SymPy


@pytest.mark.parametrize("name", [name for name in NAMED if name not in SLOW])
def test_sound_files_are_read_and_damaged_ones_refused_by_name(name: str) -> None:
    if name == "pictures":
        pytest.importorskip("PIL", reason="not run: Pillow not installed (pip install verified-cat[images])")
    reader = NAMED[name]
    assert [outcome(reader, files) for files in reader.sound()[:3]] == [("", True)] * len(reader.sound()[:3])
    found = search(reader, 60, seed=1, most=25)
    assert found.findings == {} and found.read + found.refused == 25 and found.refused > 0


def planted(folder: Path) -> object:
    """A reader that takes a list where it should look first."""
    try:
        whole = json.loads((folder / "x.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise UsageError(f"x.json: {fault}") from None
    return {name.upper() for name in whole["names"]} if isinstance(whole, dict) and "names" in whole else None


def test_a_planted_crash_is_found_and_kept(tmp_path: Path) -> None:
    reader = Reader("planted", lambda: [{"x.json": b'{"names": ["f", "g"], "n": 1}'}], JSON, planted)
    found = search(reader, 60, seed=0, most=200)
    assert "AttributeError" in " ".join(found.findings) and found.read and found.refused
    keep(found, tmp_path)
    kept = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert {outcome_of(reader, path)[0] for path in kept} == set(found.findings)
    assert search(reader, 60, seed=0, most=200).counts == found.counts


def test_searches_add_up_and_none_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that goes on by a tenth for each file: the one of the processor may jump by seconds."""
    ticks = count()
    monkeypatch.setattr(fuzzing, "process_time", lambda: next(ticks) / 10)
    reader = Reader("planted", lambda: [{"x.json": b'{"names": ["f", "g"], "n": 1}'}], JSON, planted)
    (first,) = search_on(reader, 20, tmp_path)
    assert list(search_on(reader, 20, tmp_path)) == []
    (second,) = search_on(reader, 40, tmp_path)
    row = recorded(tmp_path, "planted")
    assert row.seeds == 2 and row.seconds >= 40
    assert (row.read, row.refused) == (first.read + second.read, first.refused + second.refused)
    assert row.neither == sum((first.counts + second.counts).values()) > 0
    assert first.findings != second.findings, "the damage of another seed"


def test_an_error_that_names_no_file_is_a_finding() -> None:
    def refuse(folder: Path) -> object:
        raise UsageError("something is wrong somewhere")

    found = search(Reader("silent", lambda: [{"x.toml": b"a = 1\n"}], TOML, refuse), 60, seed=0, most=3)
    assert list(found.findings) == ["UsageError that names no file, in the reader's call"]


# ------------------------------------------------------------------------------------------------ what was found


def test_nesting_that_no_reader_can_follow_is_refused_by_name(tmp_path: Path) -> None:
    for name, content in (("claims.toml", f"a = {DEEP}"), ("manifest.json", DEEP), ("metrics.json", DEEP)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / saving.RUN).write_text(DEEP, encoding="utf-8")
    with pytest.raises(UsageError, match=r"claims\.toml is not TOML"):
        claims.read(tmp_path / "claims.toml")
    with pytest.raises(UsageError, match=r"claims\.toml is no TOML file"):
        configuration.from_file(tmp_path / "claims.toml")
    with pytest.raises(DataError, match=r"manifest\.json is not JSON"):
        reproducing.checked(Path(), tmp_path)
    with pytest.raises(DataError, match=r"metrics\.json is damaged"):
        schema_folder.restored(tmp_path)
    with pytest.raises(DataError, match=r"run\.json is damaged"):
        session.described(tmp_path)


def test_a_number_of_five_thousand_digits_is_no_option(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text(f"steps = {'9' * 5000}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.toml is no TOML file"):
        configuration.from_file(tmp_path / "x.toml")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda header: header | {"state": {"dtype": "F32", "shape": [3], "data_offsets": [0, 10**9]}}, "tensors"),
        (lambda header: {"__metadata__": {"record": DEEP}}, "recursion"),
        (lambda header: {"__metadata__": [1]}, "not a checkpoint"),
        (
            lambda header: {
                "__metadata__": {"record": header["__metadata__"]["record"].replace('"step": 3', '"step": "x"')}
            },
            "step",
        ),
    ],
)
def test_a_checkpoint_of_the_right_name_and_the_wrong_content(tmp_path: Path, change: object, why: str) -> None:
    ((_, content),) = NAMED["checkpoint"].sound()[0].items()
    length = int.from_bytes(content[:8], "little")
    header = json.dumps(change(json.loads(content[8 : 8 + length]))).encode()  # type: ignore[operator]
    new = len(header).to_bytes(8, "little") + header + content[8 + length :]
    path = tmp_path / f"0-0000000003-{sha256(new).hexdigest()}.safetensors"
    path.write_bytes(new)
    with pytest.raises(DataError, match=rf"{path.name}.*{why}|{path.name} is {why}"):
        checkpoints.whole(path)


@pytest.mark.parametrize("value", ['"\\ud800"', "1e999"])
def test_a_certificate_of_half_a_character_or_an_infinite_number(value: str) -> None:
    parts = {str: '""', int: "1", dict: "{}", list: f"[{value}]"}
    inside = ", ".join(f'"{name}": {parts[kind]}' for name, kind in PARTS.items() if name not in ("kind", "schema"))
    with pytest.raises(DataError, match=r"x\.json is no certificate"):
        read(f'{{"kind": "verified-cat certificate", "schema": 1, {inside}}}'.encode(), "x.json")


def test_what_is_wrong_inside_of_a_case_is_said_of_its_file(tmp_path: Path) -> None:
    ((name, content),) = NAMED["law-case"].sound()[0].items()
    whole = json.loads(content)
    for number, change in enumerate(({"terms": {"f": [{"node": "x"}]}}, {"equation": "x"}, {"equation": -1})):
        path = tmp_path / f"{number} {name}"
        path.write_text(json.dumps(whole | change), encoding="utf-8")
        with pytest.raises(UsageError, match=f"{number} {name}"):
            list(replaying.replay(path, "sympy"))


def test_what_is_wrong_inside_of_a_failure_is_said_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"kind": failing.KIND, "case": {"term": []}}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.json"):
        failing.replayed(tmp_path / "x.json", [])


def test_a_value_has_as_many_numbers_as_its_space() -> None:
    assert portable.decode_exact(space(2), ["1", "2"]) == (1, 2)
    for wrong in (["1"], ["1", "2", "3"]):
        with pytest.raises(UsageError, match="2 numbers"):
            portable.decode_exact(space(2), wrong)


@pytest.mark.parametrize("subscripts", [3, [], {"number": "1"}])
def test_subscripts_that_are_no_text_are_no_operation(subscripts: object) -> None:
    node = {"operation": {"name": "contract", "arguments": [subscripts, [2], [2]]}}
    with pytest.raises(UsageError, match="subscripts read like"):
        portable.decode_term([node])


def test_a_law_that_is_not_there_is_said_of_the_file_that_expects_it(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('[[xfail]]\nlaw = "NO-LAW"\nreason = "r"\ncase = "c.json"\n', encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.toml: no law is called 'NO-LAW'"):
        known.read(tmp_path / "x.toml")


def test_rows_that_are_missing_are_missing_from_a_file(tmp_path: Path) -> None:
    ((_, content),) = NAMED["shards"].sound()[0].items()
    whole = json.loads(content)
    (tmp_path / "x.json").write_text(json.dumps(whole | {"verdicts": whole["verdicts"][1:]}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"x\.json: 1 of 3 rows are missing"):
        shards.merge([tmp_path / "x.json"])
    for of, why in ((10**30, "not of our form"), (3, "2 are missing")):
        part = whole["run"]["shard"] | {"of": of}
        (tmp_path / "x.json").write_text(json.dumps(whole | {"run": {"shard": part}}), encoding="utf-8")
        with pytest.raises(UsageError, match=rf"x\.json.*{why}"):
            shards.merge([tmp_path / "x.json"])


def test_a_schema_that_could_not_have_been_trained_is_said_of_its_file(tmp_path: Path) -> None:
    files = NAMED["run"].sound()[0]
    lines = files["schema.toml"].decode().splitlines(keepends=True)
    changed = "".join(line for line in lines if not line.startswith("adversary")).encode()
    assert changed != files["schema.toml"]
    metrics = json.loads(files["metrics.json"])
    metrics["sha256"]["schema.toml"] = sha256(changed).hexdigest()
    put(tmp_path, files | {"schema.toml": changed, "metrics.json": json.dumps(metrics).encode()})
    with pytest.raises(DataError, match=r"schema\.toml cannot have been trained: nothing teaches h"):
        schema_folder.restored(tmp_path)

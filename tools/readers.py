"""The readers of files that users give, each with sound files of its kind and the damage that is done to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from tools.damage import damaged_bytes, damaged_json, damaged_lines, damaged_tensors, damaged_text

ROOT = Path(__file__).parent.parent
Files = dict[str, bytes]
"""The files of a folder by name."""


def put(folder: Path, files: Files) -> Path:
    """The folder, with these files in it; what else is in it stays."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@dataclass(frozen=True, slots=True)
class Reader:
    """``sound()`` are folders that are read without a word; ``damage`` changes one, and ``read`` reads it."""

    name: str
    sound: Callable[[], list[Files]]
    damage: Callable[[Files, Random], Files]
    read: Callable[[Path], object]


def one_of(*changes: Callable[[bytes, Random], bytes]) -> Callable[[Files, Random], Files]:
    """Damage to one file of the folder, in one of these ways."""

    def damage(files: Files, draw: Random) -> Files:
        name = draw.choice(sorted(files))
        return files | {name: draw.choice(changes)(files[name], draw)}

    return damage


TOML, JSON = one_of(damaged_text, damaged_text, damaged_bytes), one_of(damaged_json, damaged_json, damaged_bytes)


# ------------------------------------------------------------------------------------------------ TOML


def _schemas() -> list[Files]:
    from verified_cat.schema_fuzz import SOUND

    own = [path.read_bytes() for path in sorted((ROOT / "examples" / "schemas").glob("*.toml"))]
    return [{"x.toml": content} for content in [*own, *(text.encode() for text in SOUND)]]


def _schema(folder: Path) -> object:
    from verified_cat.schema_checks import findings
    from verified_cat.schema_file import load

    return findings(load(folder / "x.toml"), 6)


OPTIONS = b'steps = 100\nrate = "1/50"\nseed = 3\nschedule = "cosine"\nmomentum = 0.5\nprecision = "float64"\n'
MAP = b'[objects]\nX = "A"\n[edges]\nr = "f ; g"\n'


def _schema_map(folder: Path) -> object:
    from verified_cat.schema import CYCLE_GAN, Edge, PathEquation, Schema
    from verified_cat.schema import Path as Route
    from verified_cat.schema_map import load

    loop = PathEquation(Route("X", ("r", "r", "r")), Route("X", ("r",)))
    return load(folder / "x.toml", Schema("Loop", ("X",), (Edge("r", "X", "X"),), (loop,)), CYCLE_GAN)


def _claims(folder: Path) -> object:
    from verified_cat.claims import read

    return read(folder / "x.toml")


def _options(folder: Path) -> object:
    from verified_cat.gpu.configuration import from_file, settled
    from verified_cat.gpu.tasks import task

    return settled(task("digits").all_options, from_file(folder / "x.toml"))


def _known(folder: Path) -> object:
    from verified_cat.laws import known

    return known.read(folder / "x.toml")


def _xfails() -> list[Files]:
    folder = ROOT / "docs" / "outsiders"
    whole = (folder / "catgrad.xfails.toml").read_bytes()
    cases = {path.name: path.read_bytes() for path in sorted((folder / "catgrad").glob("*.json"))[:4]}
    kept = [part for part in whole.split(b"[[xfail]]") if any(name.encode() in part for name in cases)]
    return [{"x.toml": b"[[xfail]]" + b"[[xfail]]".join(kept).replace(b"catgrad/", b""), **cases}]


# ------------------------------------------------------------------------------------------------ JSON


def _cases() -> list[Files]:
    return [{"x.json": path.read_bytes()} for path in sorted((ROOT / "docs/outsiders/catgrad").glob("*.json"))]


def _reports() -> list[Files]:
    """A report of three rows, one with an instance that failed."""
    example = json.loads(_cases()[0]["x.json"])
    figures = {"witnesses": 7, "gap": 1e-9, "allowed": "inf", "seconds": 0.25}
    row = {
        "law": "CAT-ASSOC",
        "engine": "sympy",
        "method": "normal form",
        "verdict": "exact",
        "worlds": {"Terms": "exact", "D": "exact"},
        "figures": {"Terms": figures, "D": figures},
        "reason": "",
        "example": None,
        **figures,
    }
    wrong = {"law": example["law"], "verdict": "refuted", "worlds": {example["world"]: "refuted"}, "figures": {}}
    rows = [row, row | {"engine": "torch", "method": "hypothesis"}, row | wrong | {"example": example}]
    part = {"index": 1, "of": 1, "expected": [[each["law"], each["engine"]] for each in rows]}
    whole = {"schema": 1, "environment": {"python": "3"}, "run": {"shard": part}, "coverage": {}, "verdicts": rows}
    return [{"x.json": json.dumps(whole).encode()}]


def _report(folder: Path) -> object:
    from verified_cat import reading
    from verified_cat.laws import replaying

    found = reading.read(folder / "x.json")
    return [reading.lines_of(replaying.readable, row.example) for row in found.rows]


def _shards(folder: Path) -> object:
    from verified_cat.laws.shards import merge

    return merge([folder / "x.json"])


def _case(folder: Path) -> object:
    from verified_cat.laws.replaying import replay

    return list(replay(folder / "x.json", "sympy"))


def _failures() -> list[Files]:
    from verified_cat.failing import KIND
    from verified_cat.instances import instance

    made = [{"kind": KIND, "schema": 1, "case": instance(0, index).as_json()} for index in range(4)]
    return [{"x.json": json.dumps(each).encode()} for each in made]


def _failure(folder: Path) -> object:
    from verified_cat.failing import replayed

    return replayed(folder / "x.json", [])


def _manifests() -> list[Files]:
    from verified_cat.reproducing import CLAIMS, KIND
    from verified_cat.results_folder import MANIFEST
    from verified_cat.surroundings import environment, packages

    texts = dict.fromkeys(("says", "command", "verdict", "why", "ended"), "x") | {"name": "ledger", "folder": "ledger"}
    claim = {**texts, "found": {}, "seconds": 1.0, "cpu_seconds": 1.0}
    whole = {
        "kind": KIND,
        "version": "1",
        "began": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T00:00:00Z",
        "source": {"commit": "", "dirty": False},
        "environment": environment(),
        "packages": packages(),
        "claims_file": sha256((ROOT / CLAIMS).read_bytes()).hexdigest(),
        "claims": [claim],
        "files": {"ledger/output": sha256(b"done\n").hexdigest()},
    }
    return [{MANIFEST: json.dumps(whole).encode(), "output": b"done\n"}]


def _manifest(folder: Path) -> object:
    from verified_cat.reproducing import checked

    return checked(ROOT, folder)


def _certificates() -> list[Files]:
    from verified_cat.certificate_file import PARTS, content, sealed

    plain: dict[type, Any] = {
        str: "x",
        int: 1,
        dict: {"a": [1, 2.5, "x", None], "b": {}},
        list: [{"edge": "f", "bound": 0.1}],
    }
    fields = {name: plain[kind] for name, kind in PARTS.items() if name not in ("kind", "schema", "digest")}
    return [{"x.json": content(sealed(fields))}]


def resealed(content: bytes, draw: Random) -> bytes:
    """Damaged, and given the digest and the form that it would have."""
    from verified_cat.certificate_file import content as written
    from verified_cat.certificate_file import sealed

    try:
        whole = json.loads(damaged_json(content, draw))
        return written(sealed({name: part for name, part in whole.items() if name != "digest"}))
    except (ValueError, RecursionError, AttributeError):
        return damaged_bytes(content, draw)


def _certificate(folder: Path) -> object:
    from verified_cat.certificate_file import load

    return load(folder / "x.json")


# ------------------------------------------------------------------------------------------------ tensors


def _checkpoints() -> list[Files]:
    import torch

    from verified_cat.gpu.checkpoints import Checkpoint

    tensors = {"state/000000": torch.arange(6.0).reshape(2, 3), "state/000001": torch.ones((), dtype=torch.float64)}
    content = Checkpoint(3, tensors, {"history": [{"step": 1, "loss": 0.5}], "asked": {"rate": "1/50"}}).content()
    return [{f"0-0000000003-{sha256(content).hexdigest()}.safetensors": content}]


def _renamed(files: Files, draw: Random) -> Files:
    """A damaged checkpoint, named by its own digest as often as not: else its damage ends at its name."""
    ((name, content),) = files.items()
    new = damaged_tensors(content, draw)
    return {f"0-0000000003-{sha256(new).hexdigest()}.safetensors" if draw.random() < 0.8 else name: new}


def _checkpoint(folder: Path) -> object:
    from verified_cat.gpu.checkpoints import whole

    return [whole(path) for path in folder.iterdir()]


def _weights() -> list[Files]:
    return [{"model.safetensors": content} for files in _checkpoints() for content in files.values()]


def _weight_file(folder: Path) -> object:
    from verified_cat.gpu.saving import load_weights
    from verified_cat.gpu.weight_files import read_weights

    return read_weights(folder / "model.safetensors"), load_weights(folder)


def trained(*more: str, schema: str = "gan") -> list[Files]:
    """The folder of a training of one step: what is read of it again, and more of its files by name."""
    from tempfile import TemporaryDirectory

    from verified_cat.gpu.schema_training import train, with_training
    from verified_cat.schema_file import load

    whole = with_training(load(str(ROOT / f"examples/schemas/{schema}.toml")), steps=1, held_out=16, batch=8, average=0)
    with TemporaryDirectory() as there:
        train(whole, Path(there) / "run", seed=0)
        kept = ("metrics.json", "schema.toml", "model.safetensors", "run.json", *more)
        return [
            {name: (Path(there) / "run" / name).read_bytes() for name in kept if (Path(there) / "run" / name).exists()}
        ]


CHANGES_OF_RUNS = {
    "toml": damaged_text,
    "json": damaged_json,
    "jsonl": damaged_lines,
    "svg": damaged_bytes,
    "safetensors": damaged_tensors,
}


def damaged_run(files: Files, draw: Random) -> Files:
    """One file damaged; the digests of the others, in metrics.json, made to agree as often as not."""
    name = draw.choice(sorted(files))
    change = CHANGES_OF_RUNS[name.rpartition(".")[2]]
    new = files | {name: change(files[name], draw)}
    metrics = json.loads(files["metrics.json"])
    if name in metrics["sha256"] and draw.random() < 0.8:
        metrics["sha256"][name] = sha256(new[name]).hexdigest()
        new["metrics.json"] = json.dumps(metrics).encode()
    return new


def _run(folder: Path) -> object:
    from verified_cat.gpu.schema_folder import restored
    from verified_cat.gpu.session import described

    return described(folder), restored(folder)


READERS = (
    Reader("schema", _schemas, TOML, _schema),
    Reader("schema-map", lambda: [{"x.toml": MAP}], TOML, _schema_map),
    Reader("claims", lambda: [{"x.toml": (ROOT / "artifact/claims.toml").read_bytes()}], TOML, _claims),
    Reader("options", lambda: [{"x.toml": OPTIONS}], TOML, _options),
    Reader("xfails", _xfails, one_of(damaged_text, damaged_bytes), _known),
    Reader("report", _reports, JSON, _report),
    Reader("shards", _reports, JSON, _shards),
    Reader("law-case", _cases, JSON, _case),
    Reader("cross-check", _failures, JSON, _failure),
    Reader("manifest", _manifests, lambda files, draw: files | _only_manifest(files, draw), _manifest),
    Reader("certificate", _certificates, one_of(resealed, resealed, damaged_json, damaged_bytes), _certificate),
    Reader("checkpoint", _checkpoints, _renamed, _checkpoint),
    Reader("weights", _weights, one_of(damaged_tensors), _weight_file),
    Reader("run", trained, damaged_run, _run),
)


def _only_manifest(files: Files, draw: Random) -> Files:
    return JSON({name: content for name, content in files.items() if name.endswith(".json")}, draw)

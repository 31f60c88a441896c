"""The readers of data, of weights from elsewhere and of what runs leave to be put together; as in ``tools.readers``."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tools.damage import damaged_bytes, damaged_json, damaged_text
from tools.readers import JSON, Files, Reader, damaged_run, one_of, put, resealed, trained
from verified_cat.errors import DataError

HISTORY, CERTIFICATE = "history.jsonl", "certificate.json"
TABLE, BYTES = one_of(damaged_text, damaged_text, damaged_bytes), one_of(damaged_bytes)


# ------------------------------------------------------------------------------------------------ points and arrays


def _lines() -> list[Files]:
    rows = "x,y\n0,3\n0.5,6.5\n1e-3,3.007\n-2,-11\n"
    return [{"x.csv": rows.encode()}, {"x.csv": ("\ufeff" + rows.replace("x,y", " y , x ")).encode()}]


def _line(folder: Path) -> object:
    from verified_cat.gpu.linear_regression import train

    return train(None, steps=1, data=folder / "x.csv")


def _points(folder: Path) -> object:
    from verified_cat.gpu.made_points import read_points

    return read_points(str(folder / "x.csv"), 2)


def _arrays() -> list[Files]:
    import numpy as np

    found = []
    for kind in (np.uint8, np.float32, np.dtype(">f8")):
        file = BytesIO()
        np.save(file, np.arange(40).reshape(10, 2, 2).astype(kind))
        found.append({"x.npy": file.getvalue()})
    return found


def _array(folder: Path) -> object:
    from verified_cat.gpu.image_data import sets
    from verified_cat.schema_kinds import settings

    return sets(settings("data", "npy", path=str(folder / "x.npy")), "X", (2, 2))


# ------------------------------------------------------------------------------------------------ pictures


def _clothes() -> list[Files]:
    import numpy as np

    from verified_cat.gpu.idx import written

    seen, labels = (np.arange(2 * 784) % 251).astype(np.uint8).reshape(2, 28, 28), np.array([3, 9], dtype=np.uint8)
    plain = {"t10k-images-idx3-ubyte": written(seen), "t10k-labels-idx1-ubyte": written(labels)}
    return [plain, {f"{name}.gz": gzip.compress(content) for name, content in plain.items()}]


def _clothing(folder: Path) -> object:
    from verified_cat.gpu.fashion import pictures

    return pictures(folder, "t10k")


def _pictures() -> list[Files]:
    """Two of each kind that Pillow writes in its own way: grey, coloured, with a palette, transparent, 16 bits."""
    from PIL import Image

    files: Files = {}
    shades = Image.linear_gradient("L").resize((8, 8))
    for number, (mode, ending) in enumerate(
        (("L", "png"), ("RGB", "jpg"), ("P", "png"), ("RGBA", "png"), ("I;16", "png"))
    ):
        for part in ("trainA", "testA"):
            file = BytesIO()
            shades.convert(mode).save(file, format="JPEG" if mode == "RGB" else "PNG")
            files[f"{part}/{number}.{ending}"] = file.getvalue()
    return [files]


def _picture(folder: Path) -> object:
    from verified_cat.gpu.image_data import sets
    from verified_cat.schema_kinds import settings

    return sets(settings("data", "folder", path=str(folder), domain="A"), "A", (3, 8, 8))


def _faces() -> list[Files]:
    names = [f"{number:06}.jpg" for number in range(1, 5)]
    signs = ("1 -1", "-1 -1", "1 1", "-1 1")
    images = {f"img_align_celeba/{name}": b"" for name in names}
    lines = [f"{name}  {sign}" for name, sign in zip(names, signs, strict=True)]
    spaced = {
        "list_attr_celeba.txt": "\n".join(["4", "Smiling Male", *lines, ""]).encode(),
        "list_eval_partition.txt": "".join(f"{name} {place % 2}\n" for place, name in enumerate(names)).encode(),
    }
    table = "".join(f"{line.replace('  ', ',').replace(' ', ',')}\n" for line in lines)
    comma = {"list_attr_celeba.csv": f"image_id,Smiling,Male\n{table}".encode()}
    parts = "".join(f"{name},{place % 2}\n" for place, name in enumerate(names))
    comma["list_eval_partition.csv"] = f"image_id,partition\n{parts}".encode()
    return [images | spaced, images | comma]


def _damaged_tables(files: Files, draw: Random) -> Files:
    return files | TABLE({name: content for name, content in files.items() if "list" in name}, draw)


def _face(folder: Path) -> object:
    from verified_cat.gpu.celeba import found
    from verified_cat.schema_kinds import settings

    return found(settings("data", "celeba", path=str(folder), where="Smiling or not Male"))


# ------------------------------------------------------------------------------------------------ weights


def _states() -> list[Files]:
    """A state dict as torch saves it, and as it did before 1.6."""
    import torch

    state, found = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.ones(2, dtype=torch.float64)}, []
    for zipped in (True, False):
        file = BytesIO()
        torch.save(state, file, _use_new_zipfile_serialization=zipped)
        found.append({"x.pt": file.getvalue()})
    return found


def _state(folder: Path) -> object:
    from verified_cat.gpu.weight_files import read_weights

    return read_weights(folder / "x.pt")


# ------------------------------------------------------------------------------------------------ what runs leave


def _crosschecks() -> list[Files]:
    """A whole run of four terms, and its two shards."""
    from verified_cat.crosscheck import crosscheck
    from verified_cat.shard import Shard

    def report(part: Shard) -> bytes:
        asked = {"terms": 4, "seed": 0, "shard": {"index": part.index, "of": part.of}}
        return json.dumps(crosscheck(4, 0, part=part).as_json() | {"run": asked}).encode()

    return [{"x.json": report(Shard(1, 1))}, {"1.json": report(Shard(1, 2)), "2.json": report(Shard(2, 2))}]


def _joined(folder: Path) -> object:
    from verified_cat.reference.crosschecks import merge

    return merge(sorted(folder.iterdir()))


def _run_page(folder: Path) -> object:
    from verified_cat.gpu.schema_report import page, read

    return page(read([folder]))


def _certified() -> list[Files]:
    """A training of one step, with a small certificate."""
    from verified_cat.certifying import certify, write

    files = trained(HISTORY, "curves.svg", schema="cyclegan")[0]
    with TemporaryDirectory() as there:
        run = put(Path(there), files)
        write(certify(run, (), boxes=4, points=50, seed=0), run / CERTIFICATE)
        return [files | {CERTIFICATE: (run / CERTIFICATE).read_bytes()}]


def _damaged_certificate(files: Files, draw: Random) -> Files:
    """The certificate, sealed again as often as not, or a file of the run; how long it takes to check stays."""
    if draw.random() < 0.3:
        return files | damaged_run({name: part for name, part in files.items() if name != CERTIFICATE}, draw)
    change = resealed if draw.random() < 0.7 else damaged_json
    new = change(files[CERTIFICATE], draw)
    with suppress(ValueError, RecursionError, TypeError, AttributeError, KeyError):
        known, how = json.loads(files[CERTIFICATE])["how"], json.loads(new)["how"]
        new = files[CERTIFICATE] if any(how[name] != known[name] for name in ("boxes", "points")) else new
    return files | {CERTIFICATE: new}


def _verified(folder: Path) -> object:
    from verified_cat.certifying import verify

    found = verify(folder / CERTIFICATE), verify(folder / CERTIFICATE, quick=True)
    if any(found):
        raise DataError(f"{folder}: {found}")
    return found


def _ablations() -> list[Files]:
    figures = {"residual f.g": 0.5, "error of f": 0.25}
    runs = {"0": figures, "1": figures | {"error of f": 0.125}}
    variants = [
        {"folder": "all", "without": "", "runs": runs, "not_run": ""},
        {"folder": "without-1", "without": "f ; g = id", "runs": runs, "not_run": ""},
        {"folder": "without-any", "without": "any equation", "runs": {}, "not_run": "nothing teaches f"},
    ]
    whole = {"schema": 1, "kind": "verified-cat ablation", "name": "S", "seeds": [0, 1], "variants": variants}
    return [{"ablation.json": json.dumps(whole).encode()}]


def _ablation(folder: Path) -> object:
    from verified_cat.gpu.ablation import kept, whole_runs
    from verified_cat.schema_page import html
    from verified_cat.schema_sheets import ablation_lines

    found = kept(folder)
    return ablation_lines(found), html((), found), whole_runs(folder)


def _kills() -> list[Files]:
    controls = [{"name": name, "judge": "CAT-ASSOC", "kind": "operation", "verdict": "refuted"} for name in "ab"]
    kills = {"CAT-ASSOC": {"a": "refuted", "b": "untouched"}, "CAT-UNIT": {"a": "survived"}}
    rest = {"mutants": {"CAT-ASSOC": {"m": "refuted"}}, "idle": {"CAT-UNIT": "why"}, "left": ["c"], "faults": {}}
    return [{"x.json": json.dumps({"schema": 1, "draws": 3, "controls": controls, "kills": kills, **rest}).encode()}]


def _kill_matrix(folder: Path) -> object:
    from verified_cat.killing import read

    found = read(folder / "x.json")
    return [(found.by_law(law), found.met(law), found.own(law)) for law in found.cells]


DATA_READERS = (
    Reader("line", _lines, TABLE, _line),
    Reader("points", _lines, TABLE, _points),
    Reader("array", _arrays, BYTES, _array),
    Reader("clothes", _clothes, BYTES, _clothing),
    Reader("pictures", _pictures, BYTES, _picture),
    Reader("faces", _faces, _damaged_tables, _face),
    Reader("state", _states, BYTES, _state),
    Reader("crosschecks", _crosschecks, JSON, _joined),
    Reader("run-page", lambda: trained(HISTORY), damaged_run, _run_page),
    Reader("verify", _certified, _damaged_certificate, _verified),
    Reader("ablation", _ablations, JSON, _ablation),
    Reader("kills", _kills, JSON, _kill_matrix),
)

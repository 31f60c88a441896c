"""What a run leaves behind: model.safetensors, metrics.json, history.jsonl and curves.svg in a folder of its own.

Each file is written whole under a temporary name, synced, and renamed, ``metrics.json`` last with the digests of the
others: a reader finds complete files or none. Nothing is pickled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from verified_cat import durable
from verified_cat.errors import DataError, MissingExtra, UsageError
from verified_cat.gpu import curves

try:
    from safetensors import SafetensorError
    from safetensors.numpy import load as _decode
    from safetensors.numpy import save as _encode
except ModuleNotFoundError as _missing:
    raise MissingExtra("saved weights need safetensors: pip install verified-cat[gpu]") from _missing

SCHEMA = 1
KIND = "verified-cat run"
MODEL, METRICS, HISTORY, CURVES = "model.safetensors", "metrics.json", "history.jsonl", "curves.svg"
START = "start.safetensors"
"""First parameters that were given, where a run began from another."""
RUN = "run.json"
"""What was asked for, where a run is one that can be taken up again."""

Weights = Mapping[str, "np.ndarray[Any, Any]"]


class RunFolder:
    """The folder of one run. Made, and tried out, before the training starts.

    Raises UsageError where the folder cannot be written to, or holds something that is not a run of ours.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            present = [entry for entry in os.listdir(self.path) if not entry.startswith(durable.TEMPORARY)]
            if present and not self._is_ours():
                raise UsageError(
                    f"{self.path} is not empty and holds no run of verified-cat; name a new or an empty folder"
                )
            durable.staged(self.path, b"\n" * 4096).unlink(missing_ok=True)
        except OSError as refused:
            raise UsageError(f"cannot write to the folder {self.path}: {refused.strerror or refused}") from None

    def save(
        self,
        weights: Weights,
        metrics: Mapping[str, Any],
        history: Sequence[Mapping[str, Any]],
        files: Mapping[str, bytes] | None = None,
    ) -> dict[str, Any]:
        """Write the files, those of ``files`` among them, and return what ``metrics.json`` holds.

        Raises UsageError where that fails."""
        header = {"schema": SCHEMA, "kind": KIND, **{key: metrics[key] for key in ("task", "seed") if key in metrics}}
        contents = {
            HISTORY: "".join(_line(row) for row in [header, *history]).encode(),
            MODEL: encoded(weights),
            CURVES: curves.svg(history, str(metrics.get("task", "training"))).encode(),
            **(files or {}),
        }
        digests = {name: sha256(content).hexdigest() for name, content in contents.items()}
        whole = {"schema": SCHEMA, "kind": KIND, **metrics, "sha256": digests}
        contents[METRICS] = _line(whole, indent=2).encode()
        self.put(contents)
        return whole

    def add(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Put fields into ``metrics.json``, in place of those of the same name; the other files stay as they are."""
        try:
            whole = {**json.loads((self.path / METRICS).read_text(encoding="utf-8")), **fields}
        except (OSError, ValueError) as refused:
            raise UsageError(f"there are no figures of a run in {self.path}: {refused}") from None
        self.put({METRICS: _line(whole, indent=2).encode()})
        return whole

    def put(self, contents: Mapping[str, bytes]) -> None:
        """The files in the folder, in this order, each whole. Raises UsageError where that fails."""
        try:
            durable.write(self.path, contents)
        except OSError as refused:
            raise UsageError(f"the run was not saved in {self.path}: {refused.strerror or refused}") from None

    def _is_ours(self) -> bool:
        """Whether a run was saved or begun here: each says in its first file what it is."""
        return self._says(HISTORY, first_line=True) or self._says(RUN)

    def _says(self, name: str, first_line: bool = False) -> bool:
        try:
            with open(self.path / name, encoding="utf-8") as file:
                header = json.loads(file.readline() if first_line else file.read())
        except (FileNotFoundError, ValueError):
            return False
        return isinstance(header, dict) and header.get("kind") == KIND


def encoded(weights: Weights) -> bytes:
    """The weights as the bytes of a safetensors file."""
    return bytes(_encode({name: np.array(array, order="C") for name, array in weights.items()}))


def load_weights(path: str | os.PathLike[str], name: str = MODEL) -> dict[str, np.ndarray[Any, Any]]:
    """The weights of a saved run by name. Raises UsageError where there are none, DataError where they are damaged."""
    file = Path(path) / name
    try:
        return _decode(content_of(file))
    except SafetensorError as damaged:
        raise DataError(f"{file} is not a safetensors file: {damaged}") from None
    except KeyError as kind:
        raise DataError(f"{file} holds numbers of the kind {kind}, which no run is saved in") from None


def figures_of(path: Path) -> dict[str, Any]:
    """What ``metrics.json`` of a run says. Raises UsageError where it cannot be read, DataError where it is damaged."""
    file = path / METRICS
    content = content_of(file)
    try:
        whole = json.loads(content.decode())
        if whole["kind"] != KIND or type(whole["seed"]) is not int or not isinstance(whole["sha256"], dict):
            raise ValueError("it is not that of a run")
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise DataError(f"{file} is damaged: {fault}") from None
    return dict(whole)


def content_of(file: Path) -> bytes:
    """The bytes of a file. Raises UsageError, with its name, where it cannot be read."""
    try:
        return file.read_bytes()
    except OSError as refused:
        raise UsageError(f"cannot read {file}: {refused.strerror or refused}") from None


def _line(value: Mapping[str, Any], indent: int | None = None) -> str:
    """JSON with a final newline. A number that is not finite has no JSON, so it is written as a string."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value

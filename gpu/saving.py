"""What a run leaves behind: ``model.safetensors``, ``metrics.json`` and ``history.jsonl`` in a folder of its own.

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
from uuid import uuid4

import numpy as np

from verified_cat.errors import DataError, MissingExtra, UsageError

try:
    from safetensors import SafetensorError
    from safetensors.numpy import load as _decode
    from safetensors.numpy import save as _encode
except ModuleNotFoundError as _missing:
    raise MissingExtra("saved weights need safetensors: pip install verified-cat[gpu]") from _missing

SCHEMA = 1
KIND = "verified-cat run"
MODEL, METRICS, HISTORY = "model.safetensors", "metrics.json", "history.jsonl"
_TEMPORARY = ".verified-cat-"

Weights = Mapping[str, "np.ndarray[Any, Any]"]


class RunFolder:
    """The folder of one run. Made, and tried out, before the training starts.

    Raises UsageError where the folder cannot be written to, or holds something that is not a run of ours.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            present = [entry for entry in os.listdir(self.path) if not entry.startswith(_TEMPORARY)]
            if present and not self._is_ours():
                raise UsageError(
                    f"{self.path} is not empty and holds no run of verified-cat; name a new or an empty folder"
                )
            self._discard(self._stage(b"\n" * 4096))
        except OSError as refused:
            raise UsageError(f"cannot write to the folder {self.path}: {refused.strerror or refused}") from None

    def save(
        self, weights: Weights, metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Write the three files and return what ``metrics.json`` holds. Raises UsageError where that fails."""
        header = {"schema": SCHEMA, "kind": KIND, **{key: metrics[key] for key in ("task", "seed") if key in metrics}}
        contents = {
            HISTORY: "".join(_line(row) for row in [header, *history]).encode(),
            MODEL: _encode({name: np.array(array, order="C") for name, array in weights.items()}),
        }
        digests = {name: sha256(content).hexdigest() for name, content in contents.items()}
        whole = {"schema": SCHEMA, "kind": KIND, **metrics, "sha256": digests}
        contents[METRICS] = _line(whole, indent=2).encode()
        self._write(contents)
        return whole

    def add(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Put fields into ``metrics.json``, in place of those of the same name; the other files stay as they are."""
        try:
            whole = {**json.loads((self.path / METRICS).read_text(encoding="utf-8")), **fields}
        except (OSError, ValueError) as refused:
            raise UsageError(f"there are no figures of a run in {self.path}: {refused}") from None
        self._write({METRICS: _line(whole, indent=2).encode()})
        return whole

    def _write(self, contents: Mapping[str, bytes]) -> None:
        staged: dict[str, Path] = {}
        try:
            for name, content in contents.items():
                staged[name] = self._stage(content)
            for name in contents:
                os.replace(staged[name], self.path / name)
            self._sync()
        except OSError as refused:
            raise UsageError(f"the run was not saved in {self.path}: {refused.strerror or refused}") from None
        finally:
            for temporary in staged.values():
                self._discard(temporary)

    def _stage(self, content: bytes) -> Path:
        """The content in a temporary file of the folder, on the disk. A failure leaves no file."""
        temporary = self.path / f"{_TEMPORARY}{uuid4().hex}"
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            self._discard(temporary)
            raise
        return temporary

    @staticmethod
    def _discard(temporary: Path) -> None:
        temporary.unlink(missing_ok=True)

    def _sync(self) -> None:
        """The new names on the disk too, where the system can sync a folder."""
        if hasattr(os, "O_DIRECTORY"):
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _is_ours(self) -> bool:
        """Whether a run was saved here: the history comes first, so its header is there if any of our files is."""
        try:
            with open(self.path / HISTORY, encoding="utf-8") as file:
                header = json.loads(file.readline())
        except (FileNotFoundError, ValueError):
            return False
        return isinstance(header, dict) and header.get("kind") == KIND


def load_weights(path: str | os.PathLike[str]) -> dict[str, np.ndarray[Any, Any]]:
    """The weights of a saved run by name. Raises UsageError where there are none, DataError where they are damaged."""
    file = Path(path) / MODEL
    try:
        return _decode(file.read_bytes())
    except OSError as refused:
        raise UsageError(f"cannot read {file}: {refused.strerror or refused}") from None
    except SafetensorError as damaged:
        raise DataError(f"{file} is not a safetensors file: {damaged}") from None


def _line(value: Mapping[str, Any], indent: int | None = None) -> str:
    """JSON with a final newline. A number that is not finite has no JSON, so it is written as a string."""
    return json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return repr(value) if isinstance(value, float) and not np.isfinite(value) else value

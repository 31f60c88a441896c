"""Checkpoints: all that a training needs to go on to the bit, each in one file that is named by its own digest.

``checkpoints/0-0000000120-<sha256>.safetensors`` is step 120 of the first training of a run: tensors as safetensors,
everything else (history, what the data are, configuration) as JSON in its header. Nothing is pickled. A file is written
aside, synced, renamed, and the folder synced; only then is the checkpoint acknowledged, and only then are older ones
removed. So a kill at any moment leaves every acknowledged checkpoint that is to be kept, and no half one; and a file of
which any bit was changed is not the one that its name says.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch

from verified_cat import durable
from verified_cat.errors import DataError, MissingExtra, UsageError
from verified_cat.functions import Value
from verified_cat.gpu.saving import content_of

FOLDER = "checkpoints"
KIND, SCHEMA = "verified-cat checkpoint", 1
NAME = re.compile(r"(\d+)-(\d{10})-([0-9a-f]{64})\.safetensors")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A training after ``step`` updates: tensors by name, and what is not a tensor, as JSON."""

    step: int
    tensors: Mapping[str, torch.Tensor]
    record: Mapping[str, Any]

    def content(self) -> bytes:
        """The bytes of its file."""
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.tensors.items()}
        whole = {"kind": KIND, "schema": SCHEMA, "step": self.step, **self.record}
        text = json.dumps(whole, ensure_ascii=False, allow_nan=False)
        return bytes(_library().save(tensors, {"record": text}))

    @staticmethod
    def of(content: bytes) -> Checkpoint:
        """The checkpoint in these bytes. Raises ValueError where they hold none."""
        length = int.from_bytes(content[:8], "little")
        whole = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["record"])
        if whole.pop("kind") != KIND or whole.pop("schema") != SCHEMA:
            raise ValueError(f"it is no checkpoint of schema {SCHEMA}")
        if type(step := whole.pop("step")) is not int or step < 0:
            raise ValueError(f"its step is {step!r:.40}")
        try:
            return Checkpoint(step, _library().load(content), whole)
        except Exception as fault:  # the library raises its own error, and others of Python
            raise ValueError(f"its tensors cannot be read: {fault}") from None


def _library() -> Any:
    try:
        import safetensors.torch
    except ModuleNotFoundError as missing:
        raise MissingExtra("checkpoints need safetensors: pip install verified-cat[gpu]") from missing
    return safetensors.torch


class Checkpoints:
    """The checkpoints of one training of a run, the ``keep`` newest of them.

    Raises UsageError where the folder cannot be made.
    """

    def __init__(self, run: Path, training: int = 0, keep: int = 2) -> None:
        if isinstance(keep, bool) or not isinstance(keep, int) or keep < 1:
            raise UsageError(f"the number of checkpoints to keep is a whole number >= 1, not {keep!r}")
        self.folder, self.training, self.keep = run / FOLDER, training, keep
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            durable.synced(run)
        except OSError as refused:
            raise UsageError(f"cannot make the folder {self.folder}: {refused.strerror or refused}") from None

    def files(self) -> list[Path]:
        """Those of this training, the newest first."""
        try:
            found = [(match, entry) for entry in os.listdir(self.folder) if (match := NAME.fullmatch(entry))]
        except OSError as refused:
            raise UsageError(f"cannot read the folder {self.folder}: {refused.strerror or refused}") from None
        own = [(int(match[2]), entry) for match, entry in found if int(match[1]) == self.training]
        return [self.folder / entry for _, entry in sorted(own, reverse=True)]

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write it, and then remove what is older than the newest to keep; on return it is on the disk.

        Raises UsageError where it cannot be written: then all that were there still are.
        """
        content = checkpoint.content()
        name = f"{self.training}-{checkpoint.step:010d}-{sha256(content).hexdigest()}.safetensors"
        try:
            durable.write(self.folder, {name: content})
            for old in [path for path in self.files() if path.name != name][self.keep - 1 :]:
                old.unlink(missing_ok=True)
        except OSError as refused:
            there = "; those before it are still there" if self.files() else ""
            raise UsageError(
                f"the checkpoint of step {checkpoint.step} was not saved in {self.folder}: "
                f"{refused.strerror or refused}{there}"
            ) from None
        return self.folder / name

    def latest(self, say: Say) -> Checkpoint | None:
        """The newest that is whole, or None where there never was one; ``say`` is told of each that is damaged.

        A damaged file is kept under another name. Raises DataError where there are only damaged ones.
        """
        damaged = []
        for path in self.files():
            try:
                return whole(path)
            except DataError as fault:
                damaged.append(path)
                say(f"{fault}; going back to the one before")
                _put_aside(path)
        if damaged:
            names = ", ".join(path.name for path in damaged)
            raise DataError(f"no checkpoint in {self.folder} is whole ({names}): the run can only be begun anew")
        return None


def whole(path: Path) -> Checkpoint:
    """The checkpoint of a file. Raises DataError where its bytes are not those that were written."""
    content = content_of(path)
    match = NAME.fullmatch(path.name)
    if match is None or sha256(content).hexdigest() != match[3]:
        raise DataError(f"the checkpoint {path} is damaged: it is not what was written, by its digest")
    try:
        return Checkpoint.of(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise DataError(f"{path} is not a checkpoint that this version reads: {fault}") from None


def _put_aside(path: Path) -> None:
    try:
        path.rename(path.with_name(f"{path.name}.damaged"))
    except OSError:  # a folder that cannot be written to: saving will say so
        return


# ------------------------------------------------------------------------------------------------ states


def parts(value: Value) -> list[torch.Tensor]:
    """The tensors of a state, from left to right."""
    if isinstance(value, tuple | list):
        return [tensor for part in value for tensor in parts(part)]
    if not isinstance(value, torch.Tensor):
        raise UsageError(f"a checkpoint holds states of tensors, not {type(value).__name__}")
    return [value]


def named(prefix: str, value: Value) -> dict[str, torch.Tensor]:
    """The tensors of a state by names that sort as they come."""
    return {f"{prefix}/{number:06d}": tensor for number, tensor in enumerate(parts(value))}


def restored(prefix: str, like: Value, tensors: Mapping[str, torch.Tensor]) -> Value:
    """The state that ``named`` took apart, in the form of ``like``. Raises DataError where it is of another form."""
    found = iter([tensors[name] for name in sorted(tensors) if name.startswith(f"{prefix}/")])

    def build(part: Value) -> Value:
        if isinstance(part, tuple | list):
            return type(part)(map(build, part))
        tensor = next(found, None)
        if tensor is None or tensor.shape != part.shape or tensor.dtype != part.dtype:
            saw = "nothing" if tensor is None else f"{tensor.dtype} of shape {tuple(tensor.shape)}"
            raise DataError(
                f"the checkpoint is of another network or rule: it has {saw} for {part.dtype} {tuple(part.shape)}"
            )
        return tensor.to(part.device)

    whole = build(like)
    if next(found, None) is not None:
        raise DataError("the checkpoint is of another network or rule: it has more tensors than the state")
    return whole

"""Weights in files: safetensors both ways, torch's own files in by its restricted reader. Nothing else is unpickled.

A file is read whole or refused. It is written under a temporary name, synced and renamed: it is there whole or not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from pickle import UnpicklingError
from pickletools import genops
from typing import IO, Any
from uuid import uuid4
from zipfile import ZipFile

import torch

from verified_cat.errors import DataError, MissingExtra, UsageError

TORCHS = (".pt", ".pth", ".bin")
LONGEST_NAME = 1000
"""Characters of a text in one of torch's own files: more are in no state dict."""


def read_weights(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """The tensors of a file by name, on the CPU. Raises UsageError where it is absent, DataError where damaged."""
    file = Path(path)
    if file.suffix not in (".safetensors", *TORCHS):
        raise UsageError(
            f"{file}: weights are read from .safetensors, {', '.join(TORCHS)}, not from {file.suffix!r} files"
        )
    if not file.is_file():
        raise UsageError(f"there is no file {file}")
    found = _safetensors(file) if file.suffix == ".safetensors" else _torchs(file)
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise DataError(f"{file} holds {type(found).__name__}, not tensors by name (a state dict)")
    for name, value in found.items():
        if not isinstance(value, torch.Tensor):
            raise DataError(f"{file}: {name!r} is {type(value).__name__}, not a tensor; save the state dict alone")
    return found


def write_weights(path: str | os.PathLike[str], state: Mapping[str, torch.Tensor]) -> None:
    """The tensors as a safetensors file. Raises UsageError where it cannot be written."""
    file = Path(path)
    if file.suffix != ".safetensors":
        raise UsageError(f"weights are written to .safetensors files, not to {file}")
    content = _library().save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()})
    temporary = file.with_name(f".{file.name}.{uuid4().hex}")
    try:
        with open(temporary, "xb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(temporary, file)
    except OSError as fault:
        raise UsageError(f"cannot write {file}: {fault.strerror or fault}") from None
    finally:
        temporary.unlink(missing_ok=True)


def _library() -> Any:
    try:
        import safetensors.torch
    except ModuleNotFoundError as missing:
        raise MissingExtra("safetensors files need their library: pip install safetensors") from missing
    return safetensors.torch


def _safetensors(file: Path) -> dict[str, torch.Tensor]:
    library = _library()
    try:
        return library.load_file(file)  # type: ignore[no-any-return]
    except OSError as fault:
        raise UsageError(f"cannot read {file}: {fault.strerror or fault}") from None
    except Exception as fault:  # the library raises its own error, and others where a header asks for what cannot be
        raise DataError(f"{file} is not a safetensors file: {fault}") from None


def _torchs(file: Path) -> Any:
    """torch's reader with ``weights_only``: a pickle that asks for anything but tensors is refused, not run.

    A refusal of torch is searched for words by torch, in time that grows with the square of the longest text in the
    file (2.13, ``torch.load``): such files are refused before.
    """
    try:
        if (length := max(_lengths(file), default=0)) > LONGEST_NAME:
            raise ValueError(f"it holds a text of {length} characters; names have {LONGEST_NAME} or fewer")
        return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as fault:
        raise UsageError(f"cannot read {file}: {fault.strerror or fault}") from None
    except UnpicklingError as fault:
        raise DataError(
            f"{file} asks for more than tensors, and was not loaded: {str(fault).splitlines()[0]}"
        ) from None
    except Exception as fault:  # a damaged archive is told of by many classes
        raise DataError(
            f"{file} is not a file of tensors: {type(fault).__name__}: {str(fault).splitlines()[:1]}"
        ) from None


def _lengths(file: Path) -> Iterator[int]:
    """How long the texts are in the pickles of one of torch's own files, of which nothing is run."""
    with open(file, "rb") as handle:
        for stream in _pickles(handle):
            for _, argument, _ in genops(stream):
                yield len(argument) if isinstance(argument, str | bytes | bytearray) else 0


def _pickles(handle: IO[bytes]) -> Iterator[IO[bytes]]:
    """One in an archive; before torch 1.6 the first five: a number, the version, sizes, the dict and its storages."""
    if handle.read(4) == b"PK\x03\x04":
        with ZipFile(handle) as archive:
            yield from (BytesIO(archive.read(name)) for name in archive.namelist() if name.endswith("data.pkl"))
    else:
        handle.seek(0)
        yield from [handle] * 5

"""RUN ↦ its certificate, and back: every part of a certificate is what comes out of the files of the run, once more.

A certificate holds nothing that cannot be found again: so it is checked by making it anew, from the files and this
package, and comparing. What differs is named. It ties together files that agree with one another; who made them, and
that the training took place, it does not say, unless the training is made again (``retrained``), to the same bits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from verified_cat.certificate_claims import claims
from verified_cat.certificate_file import content, differences, load, sealed
from verified_cat.certificate_parts import Subject, parts_of, subject
from verified_cat.certified_laws import REPORT, laws, taken
from verified_cat.errors import DataError, UsageError, VerifiedCatError
from verified_cat.example_families import asked_for
from verified_cat.gpu.saving import MODEL, content_of, load_weights
from verified_cat.report import write_bytes
from verified_cat.residuals import How, residuals, spot_checked
from verified_cat.specification import Specification

# ------------------------------------------------------------------------------------------------ making


def certificate(folder: Path, how: How, stated: list[Any] | None = None) -> dict[str, Any]:
    """The certificate of the run in a folder; where residuals are ``stated``, those are taken as they are."""
    run = subject(folder)
    _check_families(run, how)
    record = parts_of(run) | {
        "laws": laws(folder if how.laws else None),
        "how": _plain(how),
        "residuals": _residuals(run, how) if stated is None else stated,
    }
    try:
        return sealed(record | {"claims": claims(record)})
    except (KeyError, TypeError, AttributeError, IndexError) as fault:
        raise DataError(f"residuals: these are not those of a certificate: {fault!r}") from None


def _check_families(run: Subject, how: How) -> None:
    """The families are written as ``certify`` writes them. Raises UsageError or DataError where they are not."""
    given = tuple(f"{name}: {words}" for name, words in how.families)
    if run.schema is None:
        if given:
            raise UsageError(f"{run.folder} holds the run of a task, which has no equations: no families go with it")
    elif _pairs(run.schema.whole, given) != how.families:
        raise DataError(f"how.families: {list(given)} are not written in their one way")


def _pairs(whole: Specification, given: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The families that are asked for, by the names of their objects."""
    found = asked_for(whole, given)
    return tuple((name, words) for name in sorted(found) for words in found[name])


def _plain(how: How) -> dict[str, Any]:
    families = [f"{name}: {words}" for name, words in how.families]
    asked = {"families": families, "boxes": how.boxes, "points": how.points, "seed": how.seed}
    return asked | {"laws": REPORT if how.laws else None}


def _residuals(run: Subject, how: How) -> list[dict[str, Any]]:
    if run.schema is None:
        return []
    return residuals(run.schema.whole, load_weights(run.folder), how, run.schema.seed)


# ------------------------------------------------------------------------------------------------ both ways


def certify(
    folder: Path, families: tuple[str, ...], boxes: int, points: int, seed: int, report: Path | None = None
) -> dict[str, Any]:
    """The certificate of a run, for these families, with a report of laws; the folder keeps a copy of that."""
    run = subject(folder)
    unasked = tuple((each, "") for each in families)  # of the run of a task; refused, as there are no equations
    pairs = unasked if run.schema is None else _pairs(run.schema.whole, families)
    if report is not None:
        taken(report, folder)
    return certificate(folder, How(pairs, boxes, points, seed, report is not None))


def write(record: dict[str, Any], out: Path) -> None:
    """The file of a certificate. Raises UsageError where it cannot be written."""
    write_bytes(out, content(record))


def verify(
    file: Path,
    folder: Path | None = None,
    quick: bool = False,
    retrain: bool = False,
    made: Callable[[Path, How, list[Any] | None], dict[str, Any]] = certificate,
) -> list[str]:
    """What does not hold of a certificate, a line for each; none where all of it holds.

    With ``quick`` the bounds are not computed again, but 10,000 points are held against them; with ``retrain`` the
    training is made again, and has to end in the same weights. ``made`` makes certificates anew.
    """
    where = file.parent if folder is None else folder
    try:
        said = load(file)
        how = _how(said["how"])
        found = differences(said, made(where, how, said["residuals"] if quick else None))
        if quick:
            found += _spots(said["residuals"], where, how)
        return found + (_retrained(where) if retrain and not found else [])
    except VerifiedCatError as fault:
        return [str(fault)]


def _how(said: dict[str, Any]) -> How:
    """What was asked for. Raises DataError for what cannot be asked for."""
    families, limits = said.get("families", []), {"boxes": (1, 10**7), "points": (1, 10**8), "seed": (0, 2**63)}
    fits = set(said) == {"families", "laws", *limits} and isinstance(families, list) and said["laws"] in (None, REPORT)
    if not fits or not all(isinstance(each, str) for each in families):
        raise DataError("how: these are not the options of a certificate")
    for name, (low, high) in limits.items():
        if type(said[name]) is not int or not low <= said[name] <= high:
            raise DataError(f"how.{name}: it is a whole number from {low} to {high}, not {said[name]!r}")
    pairs = [each.partition(": ") for each in families]
    named = tuple((name, words) for name, _, words in pairs)
    return How(named, said["boxes"], said["points"], said["seed"], said["laws"] is not None)


def _spots(stated: list[Any], folder: Path, how: How) -> list[str]:
    """Fresh points against the bounds that a certificate states."""
    run = subject(folder)
    if run.schema is None:
        return [] if not stated else ["residuals: the run of a task has none"]
    return spot_checked(run.schema.whole, load_weights(folder), how, run.schema.seed, stated)


def _retrained(folder: Path) -> list[str]:
    """The training made again, in a folder of its own."""
    with tempfile.TemporaryDirectory() as fresh:
        subject(folder).train(Path(fresh) / "run", None)
        same = content_of(Path(fresh) / "run" / MODEL) == content_of(folder / MODEL)
    return [] if same else [f"weights: the training, made again here, does not end in the weights of {MODEL}"]

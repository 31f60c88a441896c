"""Every law in every engine: `pytest laws/`, with --engine, --law, --law-examples and --law-report."""

import pytest

from verified_cat.errors import MissingOperation
from verified_cat.laws import replaying, suite
from verified_cat.laws.replaying import readable
from verified_cat.report import HOLDS, Strength


def test_law(law_case, law_report, law_examples, law_cases, known_failures):
    """The law holds in the engine, as strongly as its row says; anything weaker than sampled evidence is no pass."""
    law, engine = law_case
    try:
        row = suite.row(law, engine, law_examples)
    except MissingOperation as fault:
        law_report.record(suite.lacking(law, engine, fault))
        pytest.fail(f"{law} in {engine}: the engine lacks an operation: {fault}", pytrace=False)
    law_report.record(row)
    found = row.as_json()
    if law in known_failures:
        _expect_failure(known_failures[law], row, engine)
    if row.strength is Strength.NOT_RUN:
        pytest.skip(f"not run: {found['reason']}")
    if row.strength not in HOLDS:
        worlds = ", ".join(f"{name}: {word}" for name, word in found["worlds"].items())
        lines = [f"{law} in {engine} is {row.strength.value} ({worlds})", found["reason"], *readable(row.example)]
        if isinstance(row.example, dict) and "terms" in row.example:
            lines.append(f"replay: verified-cat replay {replaying.keep(law_cases, row.example)} --engine {engine}")
        pytest.fail("\n".join(filter(None, lines)), pytrace=False)


def _expect_failure(known, row, engine):
    """The case still fails and the law is refuted: an expected failure. Anything else is a failure of the entry."""
    if not known.still_fails(engine):
        pytest.fail(f"{known.law}: {known.case} does not fail in {engine} any more; remove the entry", pytrace=False)
    if row.strength is not Strength.REFUTED:
        pytest.fail(f"{known.law} in {engine} is {row.strength.value}, not refuted; the entry is wrong", pytrace=False)
    pytest.xfail(known.reason)

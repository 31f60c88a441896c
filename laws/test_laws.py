"""Every law in every engine: `pytest laws/`; docs/running.md has the options."""

import pytest

from verified_cat.laws import replaying, suite
from verified_cat.laws.replaying import readable
from verified_cat.report import HOLDS, Strength


@pytest.mark.filterwarnings("default")  # where the caller's pytest makes them errors, they would be refutations
def test_law(law_row, law_runner, law_cases):
    """The law holds in the engine, as strongly as its row says; anything weaker than sampled evidence is no pass."""
    row = law_row()
    if row.blocked_by:
        pytest.skip(f"not run: {row.reason}")
    if row.law in law_runner.known:
        _expect_failure(law_runner, row)
    if row.strength is Strength.NOT_RUN and suite.LACKING in row.reason:
        pytest.fail(f"{row.law} in {row.engine} is not run: {row.reason}", pytrace=False)
    if row.strength is Strength.NOT_RUN:
        pytest.skip(f"not run: {row.reason}")
    if row.strength not in HOLDS:
        worlds = ", ".join(f"{name}: {verdict.strength.value}" for name, verdict in row.worlds.items())
        lines = [f"{row.law} in {row.engine} is {row.strength.value} ({worlds})", row.reason, *readable(row.example)]
        if isinstance(row.example, dict) and "terms" in row.example:
            lines.append(f"replay: verified-cat replay {replaying.keep(law_cases, row.example)} --engine {row.engine}")
        pytest.fail("\n".join(filter(None, lines)), pytrace=False)


def _expect_failure(runner, row):
    """The case still fails and the law is refuted: an expected failure. Anything else is a failure of the entry."""
    known = runner.known[row.law]
    if not runner.still_fails(known, row.engine):
        pytest.fail(f"{row.law}: {known.case} does not fail in {row.engine} any more; remove the entry", pytrace=False)
    if row.strength is not Strength.REFUTED:
        pytest.fail(
            f"{row.law} in {row.engine} is {row.strength.value}, not refuted; the entry is wrong", pytrace=False
        )
    pytest.xfail(known.reason)

"""What a certificate claims, in sentences."""

from __future__ import annotations

from typing import Any

from verified_cat.certified_laws import said_of


def claims(record: dict[str, Any]) -> list[str]:
    """What the certificate claims, in sentences."""
    check = record["program"]["check"]
    ran = check["verified"] is True and check["of these programs"]
    said = [
        f"{record['task']['task']}, seed {record['task']['seed']}, {record['task']['steps']} steps: "
        + (
            "the programs that trained it were validated, and are those of this package"
            if ran
            else "the programs that trained it are NOT known to be validated"
        )
    ]
    if "report" in record["laws"]:
        said.append(said_of(record["laws"]["report"]))
    return said + [_claim(each, record["environment"].get("precision")) for each in record["residuals"]]


def _claim(each: dict[str, Any], precision: Any) -> str:
    if each["by"] == "not run":
        return f"{each['equation']}: nothing is claimed; {each['reason']}"
    if each["by"] == "construction":
        exact = all(part["holds"] == "exactly" for part in each["whole numbers"])
        return (
            f"{each['equation']}: holds by construction, for all weights, on real numbers; in {precision} up to "
            f"rounding; on whole numbers {'exactly' if exact else 'NOT'}"
        )
    if each["vacuous"]:
        return (
            f"{each['equation']}: VACUOUS over {each['family']['name']}: the bound {each['largest']} is not below the "
            f"edge {each['trivial']} of the box around the family; {each['sampled']['largest']} is reached"
        )
    return (
        f"{each['equation']}: for all x of {each['family']['name']}, no entry of the sides differs by more than "
        f"{each['largest']}, on real numbers at the {precision} weights ({each['sampled']['largest']} is reached); "
        f"computed in {each['program']['precision']}, {_computed(each['program'])}"
    )


def _computed(program: dict[str, Any]) -> str:
    said = f"by no more than {program['largest']}"
    return f"{said}, which is VACUOUS" if program["vacuous"] else said

"""The rule that makes one answer of what the sources say, and how sure that answer is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.evidence.published import published_columns
from coverage.evidence.reports import raw_report, reported_class
from coverage.evidence.samples import measured_by_operator, measured_columns
from coverage.evidence.view import UNKNOWN, View, view_of
from coverage.model import Inputs, Prediction
from coverage.params import (
    COVERED_CLASSES,
    MAIN_TECHNOLOGY,
    TECHNOLOGIES,
    EvidenceRules,
    EvidenceSource,
    Scenario,
    Technology,
)

ANSWERS: Final = ("good", "weak", "none")
_COLUMN: Final[dict[EvidenceSource, str]] = {
    "measured": "measured_class_{}",
    "reported": "reported_class_{}",
    "predicted": "signal_class_{}",
    "published": "published_{}",
}
_AS_CLASS: Final = {"served": "weak", "not_served": "none"}
"""A published map promises service and not its quality: the least of it is taken."""
_WORSE: Final = {"good": 0, "weak": 1, "none": 2}
_SERVED: Final = (*COVERED_CLASSES, "served")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the sources say of places.

    `table` is indexed as the places; its columns stand in presets/outputs.toml. `measured` sums up
    the samples by village (and cluster), technology and operator; None without any measurement.
    """

    table: pd.DataFrame
    measured: pd.DataFrame | None


def assess(
    places: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    operator: str = "",
) -> Found:
    """Put the sources beside each other and give a verdict per technology.

    Parameters
    ----------
    places
        Villages or clusters with their predicted classes (`gaps.grade_places`).
    inputs, prediction, scenario
        What is known, predicted and ruled.
    operator
        Only what concerns this operator; "" for any.

    Returns
    -------
    Found
        Per technology t: `reported_class_t`; `measured_class_t` and its numbers where there are
        measurements; `published_t` where operators published; `verdict_t` and `verdict_source_t`.
        Of 4G besides: `evidence` (report against prediction) and, with measurements,
        `evidence_measured_4g`.
    """
    view = view_of(inputs, prediction, scenario.evidence, operator)
    measured = None
    if inputs.measurements is not None and not inputs.measurements.empty:
        measured = measured_by_operator(places, inputs.measurements, scenario, view)
    parts: list[pd.Series | pd.DataFrame] = [_against_report(places, view)]
    for technology in TECHNOLOGIES:
        tag = technology.lower()
        own: list[pd.Series | pd.DataFrame] = [
            reported_class(places, technology, view).rename(f"reported_class_{tag}")
        ]
        if measured is not None:
            own.append(measured_columns(measured, places, technology, view))
        if inputs.operator_coverage is not None:
            own.append(
                published_columns(places, inputs.operator_coverage, inputs.grid, technology, view)
            )
        known = pd.concat([places[f"signal_class_{tag}"], *own], axis=1)
        parts += [*own, _verdict(known, technology, scenario)]
        if measured is not None and technology == MAIN_TECHNOLOGY:
            parts.append(_against_measurement(known))
    return Found(table=pd.concat(parts, axis=1), measured=_with_ids(measured, places))


def evidence(predicted: str, reported: str) -> str:
    """Say how prediction and report stand to each other.

    They agree where both say served (good or weak) or both say none; a class apart within "served"
    is no conflict.
    """
    return _comparison(predicted, reported, "reported_only")


def _comparison(predicted: str, found: str, found_alone: str) -> str:
    """Compare a predicted class with another source's ("" for nothing)."""
    if predicted == UNKNOWN:
        return found_alone if found else UNKNOWN
    if not found:
        return "predicted_only"
    same = (predicted in COVERED_CLASSES) == (found in COVERED_CLASSES)
    return "agree" if same else "conflict"


def _with_ids(measured: pd.DataFrame | None, places: pd.DataFrame) -> pd.DataFrame | None:
    """Name the places of `measured_by_operator` by their ids."""
    if measured is None:
        return None
    ids = places[[name for name in ("village_id", "cluster_id") if name in places]]
    named = ids.iloc[measured["place"]].reset_index(drop=True)
    return named.join(measured.drop(columns=["place", "key"]))


def _against_report(places: pd.DataFrame, view: View) -> pd.Series:
    predicted = places[f"signal_class_{MAIN_TECHNOLOGY.lower()}"]
    pairs = zip(predicted, raw_report(places, view), strict=True)
    return pd.Series([evidence(*pair) for pair in pairs], places.index, name="evidence")


def _against_measurement(known: pd.DataFrame) -> pd.Series:
    tag = MAIN_TECHNOLOGY.lower()
    measured = known[f"measured_class_{tag}"].replace(UNKNOWN, "")
    pairs = zip(known[f"signal_class_{tag}"], measured, strict=True)
    compared = [_comparison(predicted, found, "measured_only") for predicted, found in pairs]
    return pd.Series(compared, known.index, name=f"evidence_measured_{tag}")


def _verdict(known: pd.DataFrame, technology: Technology, scenario: Scenario) -> pd.DataFrame:
    """Let the most trusted source that knows decide."""
    answer = pd.Series(UNKNOWN, index=known.index, dtype=object)
    source = pd.Series("", index=known.index, dtype=object)
    for name, claim in _claims(known, technology, scenario).items():
        decides = (answer == UNKNOWN) & (claim != UNKNOWN)
        answer = answer.mask(decides, claim.replace(_AS_CLASS))
        source = source.mask(decides, name)
    tag = technology.lower()
    return pd.DataFrame({f"verdict_{tag}": answer, f"verdict_source_{tag}": source})


def _claims(
    known: pd.DataFrame, technology: Technology, scenario: Scenario
) -> dict[EvidenceSource, pd.Series]:
    """Return what each trusted source says, the most trusted first.

    Planned cells are not on air yet: with them, what others say of today's network counts only
    where it is no worse than the prediction.
    """
    tag = technology.lower()
    columns = {trust.name: _COLUMN[trust.name].format(tag) for trust in scenario.evidence.order}
    claims = {name: known[column] for name, column in columns.items() if column in known}
    if scenario.radio.use_planned:
        promised = known[_COLUMN["predicted"].format(tag)].map(_WORSE)
        for name, claim in claims.items():
            too_low = claim.replace(_AS_CLASS).map(_WORSE) > promised
            claims[name] = claim.mask(too_low, UNKNOWN)
    return claims


def sources_differ(places: pd.DataFrame, technology: Technology, scenario: Scenario) -> pd.Series:
    """Tell places of which one source says served and another says not."""
    claims = pd.DataFrame(_claims(places, technology, scenario), index=places.index)
    served = claims.isin(_SERVED).any(axis=1)
    unserved = claims.isin(("none", "not_served")).any(axis=1)
    return served & unserved


def answer_chances(
    places: pd.DataFrame, technology: Technology, scenario: Scenario
) -> pd.DataFrame:
    """Return how likely each answer is: columns good, weak and none, which sum to 1.

    Bayes' rule on even odds; the sources err independently. Where p(c) is the weight that a source
    gives to class c (1 for what it names; for the prediction its chances under shadowing) and r its
    reliability, the answer a is likely in proportion to r·p(a) + (1 − r)/2·(1 − p(a)).
    """
    odds = np.ones((len(places), len(ANSWERS)))
    for name, claim in _claims(places, technology, scenario).items():
        odds *= _likelihood(name, claim, places, technology, scenario.evidence)
    return pd.DataFrame(
        odds / odds.sum(axis=1, keepdims=True), index=places.index, columns=list(ANSWERS)
    )


def _likelihood(
    name: EvidenceSource,
    claim: pd.Series,
    places: pd.DataFrame,
    technology: Technology,
    rules: EvidenceRules,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    reliability = rules.reliability(name) or 1.0 / len(ANSWERS)
    if name == "predicted":
        tag = technology.lower()
        served = places[f"served_probability_{tag}"].to_numpy(float)
        good = np.minimum(places[f"good_probability_{tag}"].to_numpy(float), served)
        weight = np.column_stack([good, served - good, 1.0 - served])
    else:
        weight = np.column_stack([claim == answer for answer in ANSWERS]).astype(float)
        weight[claim == "served"] = (1.0, 1.0, 0.0)
        weight[claim == "not_served"] = (0.0, 0.0, 1.0)
    likely = reliability * weight + (1.0 - reliability) / 2.0 * (1.0 - weight)
    likely[(claim == UNKNOWN).to_numpy()] = 1.0
    return likely

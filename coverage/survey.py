"""What to measure next: villages whose answer is not sure, by how far it would move the ranking."""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage import evidence, priority
from coverage.model import Inputs, Prediction
from coverage.params import MAIN_TECHNOLOGY, SIGNAL_CLASSES, Scenario
from coverage.text import Text, spelling_key

_TAG: Final = MAIN_TECHNOLOGY.lower()
_ANSWERS: Final = SIGNAL_CLASSES[:3]
_REASONS: Final = {
    "conflict": Text("Các nguồn trái nhau", "The sources differ"),
    "uncertain": Text("Chưa chắc chắn", "Not sure"),
    "no_evidence": Text("Chưa có nguồn nào", "No source says anything"),
    "no_position": Text(
        "Chưa có tọa độ, cần xác định vị trí thôn trước khi đo",
        "No coordinates: find the place of the village first",
    ),
}
_SAID: Final = {
    "good": Text("tốt", "good"),
    "weak": Text("yếu", "weak"),
    "none": Text("không có sóng", "no signal"),
    "served": Text("có sóng", "served"),
    "not_served": Text("không có sóng", "not served"),
}
_OUTER: Final = (
    "village_id",
    "name",
    "commune_code",
    "commune_name",
    "longitude",
    "latitude",
    "households",
)


def measure_next(
    villages: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    scenario: Scenario,
    *,
    clusters: pd.DataFrame | None = None,
    measured: pd.DataFrame | None = None,
    operator: str = "",
) -> pd.DataFrame:
    """List the villages whose 4G answer is conflicting or uncertain, the most telling first.

    A village whose verdict rests on a measurement needs none.

    For each possible answer (good, weak, none) the village is scored as if that were its verdict,
    on the scales of today's villages, and takes the rank that this score would have among the
    others. The expected change is the mean over the answers by their chances
    (`evidence.answer_chances`).

    Parameters
    ----------
    villages
        Graded, with evidence and ranked.
    inputs, prediction, scenario
        What they were graded and ranked from.
    clusters, measured
        Graded clusters and samples by village and operator, if any.
    operator
        The one operator looked at; "" for any.

    Returns
    -------
    DataFrame
        One row per listed village, columns as in presets/outputs.toml; `measure_rank` 1 is first:
        by expected change of rank, then households, then `village_id`.
    """
    chances = evidence.answer_chances(villages, MAIN_TECHNOLOGY, scenario)
    differ = evidence.sources_differ(villages, MAIN_TECHNOLOGY, scenario)
    unsure = chances.max(axis=1) < scenario.evidence.uncertain_below
    listed = (differ | unsure) & (villages[f"verdict_source_{_TAG}"] != "measured")
    chosen = villages[listed]
    kinds = _kinds(chosen, differ[listed])
    reasons = _reasons(chosen, kinds, chances[listed], scenario.evidence.sample_radius_m)
    table = pd.DataFrame(chosen[[name for name in _OUTER if name in chosen]]).assign(
        radius_m=_radius_m(chosen, scenario),
        technology=MAIN_TECHNOLOGY,
        operators=_operators(chosen, inputs, prediction, measured, operator),
        reason=kinds,
        reason_vi=[reason.vi for reason in reasons],
        reason_en=[reason.en for reason in reasons],
        verdict_4g=chosen[f"verdict_{_TAG}"],
        priority_rank=chosen["priority_rank"],
    )
    table = table.join(_changes(villages, scenario, chances, clusters))
    order = np.lexsort(
        (table["village_id"].astype(str), -table["households"], -table["expected_rank_change"])
    )
    table = table.iloc[order].reset_index(drop=True)
    table.insert(0, "measure_rank", np.arange(1, len(table) + 1))
    return table


def _changes(
    villages: gpd.GeoDataFrame,
    scenario: Scenario,
    chances: pd.DataFrame,
    clusters: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return each village's chance and rank by answer, and what an answer is expected to change."""
    ranking = _Ranking(villages)
    rank = villages["priority_rank"].astype(float)
    unserved = villages["households_unserved"].astype(float).fillna(0.0)
    moved, shifted = rank * 0.0, rank * 0.0
    columns: dict[str, pd.Series] = {}
    read = [c.column for c in scenario.priority.criteria if c.column in villages.columns]
    today = pd.DataFrame(villages[list(dict.fromkeys(["village_id", *read]))])
    for answer in _ANSWERS:
        verdict = pd.Series(answer, index=villages.index)
        if_so = today.assign(**evidence.gap_size(villages, verdict, clusters))
        points = priority.score(if_so, scenario.priority, among=today).table["priority_score"]
        new_rank = pd.Series(ranking.among_others(points), index=villages.index)
        chance = chances[answer]
        moved += chance * (new_rank - rank).abs()
        shifted += chance * (if_so["households_unserved"].astype(float) - unserved).abs()
        columns[f"chance_{answer}"] = chance.round(4)
        columns[f"rank_if_{answer}"] = new_rank
    columns["expected_rank_change"] = moved.round(1)
    columns["expected_households_change"] = shifted.round(1)
    return pd.DataFrame(columns)


class _Ranking:
    """Today's order of the villages, into which one of them can be put with another score."""

    def __init__(self, villages: pd.DataFrame) -> None:
        ids = villages["village_id"].astype(str).to_numpy()
        self._by_id = np.empty(len(ids), dtype=np.int64)
        self._by_id[np.argsort(ids, kind="stable")] = np.arange(len(ids))
        self._own = self._places(villages["priority_score"])
        self._sorted = np.sort(self._own)

    def _places(self, points: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Numbers in the order of rank: a higher score is smaller, ties go by id."""
        millionths = np.rint(points.to_numpy(float) * 1e6).astype(np.int64)
        return -millionths * len(points) + self._by_id

    def among_others(self, points: pd.Series) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the rank of each village if it alone had these points."""
        place = self._places(points)
        ahead = np.searchsorted(self._sorted, place, side="left") - (self._own < place)
        return np.asarray(ahead + 1)


def _radius_m(villages: pd.DataFrame, scenario: Scenario) -> pd.Series:
    """Radius around the coordinates within which samples count for the village."""
    stated = villages.get("coordinate_accuracy_m", pd.Series(0.0, index=villages.index))
    return stated.astype(float).fillna(0.0).clip(lower=scenario.evidence.sample_radius_m)


def _kinds(villages: gpd.GeoDataFrame, differ: pd.Series) -> list[str]:
    nothing = villages[f"verdict_{_TAG}"] == "unknown"
    return [
        "no_position"
        if lost
        else "conflict"
        if conflict
        else "no_evidence"
        if unknown
        else "uncertain"
        for lost, conflict, unknown in zip(villages.geometry.isna(), differ, nothing, strict=True)
    ]


def _operators(
    villages: gpd.GeoDataFrame,
    inputs: Inputs,
    prediction: Prediction,
    measured: pd.DataFrame | None,
    operator: str,
) -> list[str]:
    """Operators with 4G not measured well enough at a village, the strongest predicted first."""
    names = sorted(
        name
        for technology, name in prediction.signal_dbm
        if technology == MAIN_TECHNOLOGY and name and name == (operator or name)
    )
    row, col = inputs.grid.rowcol(villages.geometry.x, villages.geometry.y)
    level_dbm = np.array(
        [
            np.where(row < 0, -np.inf, prediction.signal_dbm[MAIN_TECHNOLOGY, name][row, col])
            for name in names
        ]
    ).reshape(len(names), len(villages))
    strongest = np.argsort(-np.nan_to_num(level_dbm, nan=-np.inf), axis=0, kind="stable")
    done = _measured_well(measured)
    return [
        ", ".join(names[i] for i in order if (village_id, spelling_key(names[i])) not in done)
        for village_id, order in zip(villages["village_id"], strongest.T, strict=True)
    ]


def _measured_well(measured: pd.DataFrame | None) -> set[tuple[str, str]]:
    if measured is None:
        return set()
    own = measured[
        (measured["technology"] == MAIN_TECHNOLOGY) & (measured["measured_class"] != "unknown")
    ]
    return set(zip(own["village_id"], own["operator"].map(spelling_key), strict=True))


def _reasons(
    villages: pd.DataFrame, kinds: list[str], chances: pd.DataFrame, exact_m: float
) -> list[Text]:
    """Say why a village is listed: the kind, what each source says, what is likeliest."""
    found = []
    odds = chances[list(_ANSWERS)].to_numpy()
    likeliest = zip(odds.argmax(axis=1), odds.max(axis=1), strict=True)
    records = villages.to_dict("records")
    for village, kind, (answer, chance) in zip(records, kinds, likeliest, strict=True):
        title, said = _REASONS[kind], _sources(village)
        if village.get("coordinate_accuracy_m", 0.0) > exact_m:
            reach = f"{village['coordinate_accuracy_m']:.0f} m"
            said.append(Text(f"tọa độ chỉ đúng trong {reach}", f"coordinates good to {reach} only"))
        if said:
            likely = Text(
                f"khả năng nhất là {_SAID[_ANSWERS[answer]].vi}, {100 * chance:.0f} %",
                f"likeliest {_SAID[_ANSWERS[answer]].en}, {100 * chance:.0f} %",
            )
            title = Text(
                f"{title.vi}: {'; '.join(s.vi for s in [*said, likely])}",
                f"{title.en}: {'; '.join(s.en for s in [*said, likely])}",
            )
        found.append(Text(f"{title.vi}.", f"{title.en}."))
    return found


def _sources(village: dict[Any, Any]) -> list[Text]:
    said = []
    measured = _SAID.get(village.get(f"measured_class_{_TAG}", ""))
    if measured:
        samples, day = village[f"measured_samples_{_TAG}"], village[f"measured_at_{_TAG}"]
        said.append(
            Text(
                f"đo được {measured.vi} ({samples} mẫu{_day(day)})",
                f"measured {measured.en} ({samples} samples{_day(day)})",
            )
        )
    reported = _SAID.get(village[f"reported_class_{_TAG}"])
    if reported:
        day = _day(village.get("report_date", ""))
        said.append(Text(f"địa phương báo {reported.vi}{day}", f"reported {reported.en}{day}"))
    predicted = _SAID.get(village[f"signal_class_{_TAG}"])
    if predicted:
        chance = f"{100 * village[f'served_probability_{_TAG}']:.0f} %"
        said.append(
            Text(
                f"dự báo {predicted.vi}, khả năng có sóng {chance}",
                f"predicted {predicted.en}, chance of service {chance}",
            )
        )
    published = _SAID.get(village.get(f"published_{_TAG}", ""))
    if published:
        day = _day(village[f"published_at_{_TAG}"])
        said.append(
            Text(f"nhà mạng công bố {published.vi}{day}", f"operators publish {published.en}{day}")
        )
    return said


def _day(day: str) -> str:
    return f", {day}" if day else ""

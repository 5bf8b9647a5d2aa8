"""Sources beside each other and the verdict they give, worked by hand on a made world."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from coverage import evidence, gaps
from coverage.errors import ScenarioError
from coverage.evidence import Found
from coverage.model import Inputs, Prediction
from coverage.params import COVERED_CLASSES, Scenario
from coverage.settings import default_scenario, scenario_from
from tests.stages.world import CRS, GRID, SIDE, cell, centre, village, world

HERE = centre(60, 60)
CELLS = [cell("A1-1", 60, 10), cell("B1-1", 60, 12, operator="VNPT Net")]


def painted(inputs: Inputs, level_dbm: float) -> Prediction:
    """Return a prediction whose 4G level is the same everywhere; 3G and 5G have no stations."""
    signal = np.full((SIDE, SIDE), level_dbm, dtype=np.float32)
    names = ["", *sorted(set(inputs.stations["operator"]))]
    return Prediction(
        grid=GRID,
        cells=inputs.stations,
        signal_dbm={("4G", name): signal for name in names},
        server={("4G", ""): np.ones((SIDE, SIDE), dtype=np.int32)},
        possible_dbm={},
        operators=tuple(names[1:]),
        technologies=("4G",),
        parameters={},
    )


def samples(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return samples of operator A, 4G, at the village, of 30 June 2026, unless said otherwise."""
    common = {
        "operator": "A",
        "technology": "4G",
        "rsrp_dbm": np.nan,
        "download_mbps": np.nan,
        "measured_at": "2026-06-30",
        "geometry": HERE,
    }
    return gpd.GeoDataFrame([common | row for row in rows], geometry="geometry", crs=CRS)


def levels(*values: float, **changes: Any) -> list[dict[str, Any]]:
    return [{"rsrp_dbm": value, **changes} for value in values]


def polygons(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    everywhere = box(*GRID.bounds)
    common = {"operator": "A", "technology": "4G", "published_at": "", "geometry": everywhere}
    return gpd.GeoDataFrame([common | row for row in rows], geometry="geometry", crs=CRS)


def found(
    inputs: Inputs,
    *,
    level_dbm: float = -90.0,
    scenario: Scenario | None = None,
    operator: str = "",
) -> Found:
    scenario = scenario or inputs.scenario
    prediction = painted(inputs, level_dbm)
    graded = gaps.assess_villages(inputs, prediction, scenario, operator=operator)
    result = evidence.assess(graded, inputs, prediction, scenario, operator=operator)
    return Found(table=graded.join(result.table), measured=result.measured)


def of_one(inputs: Inputs, **options: Any) -> Any:
    return found(inputs, **options).table.iloc[0]


def ruled(**settings: Any) -> Scenario:
    return scenario_from({"evidence": settings}, "test")


@pytest.mark.parametrize(
    ("predicted", "reported", "expected"),
    [
        ("good", "good", "agree"),
        ("good", "weak", "agree"),
        ("weak", "good", "agree"),
        ("none", "none", "agree"),
        ("good", "none", "conflict"),
        ("none", "good", "conflict"),
        ("none", "weak", "conflict"),
        ("good", "", "predicted_only"),
        ("none", "", "predicted_only"),
        ("unknown", "none", "reported_only"),
        ("unknown", "", "unknown"),
    ],
)
def test_report_against_prediction(predicted: str, reported: str, expected: str) -> None:
    assert evidence.evidence(predicted, reported) == expected


def test_the_sources_stay_apart() -> None:
    inputs = world(
        [village("V1", HERE, reported_signal="none", report_date="2026-06-30")],
        [CELLS[0]],
        measurements=samples(*levels(-108, -110, -112)),
        operator_coverage=polygons({"published_at": "2026-03-31"}),
    )
    one = of_one(inputs)
    assert one["signal_class_4g"] == "good"
    assert one["reported_class_4g"] == one["reported_signal"] == "none"
    assert one["measured_class_4g"] == "weak"
    assert (one["rsrp_measured_4g_dbm"], one["measured_samples_4g"]) == (-110.0, 3)
    assert one["measured_at_4g"] == "2026-06-30"
    assert (one["published_4g"], one["published_at_4g"]) == ("served", "2026-03-31")
    assert (one["verdict_4g"], one["verdict_source_4g"]) == ("weak", "measured")
    # The contract's column compares report and prediction, whatever was measured.
    assert one["evidence"] == "conflict"
    assert one["evidence_measured_4g"] == "agree"


def test_the_order_of_trust_is_a_preset() -> None:
    inputs = world(
        [village("V1", HERE, reported_signal="none")],
        [CELLS[0]],
        measurements=samples(*levels(-110, -110, -110)),
    )
    trusted = [{"name": "predicted", "reliability": 0.9}, {"name": "reported", "reliability": 0.5}]
    assert of_one(inputs)["verdict_source_4g"] == "measured"
    one = of_one(inputs, scenario=ruled(order=trusted))
    assert (one["verdict_4g"], one["verdict_source_4g"]) == ("good", "predicted")
    assert one["measured_class_4g"] == "weak"  # left out of the order: shown, decides nothing


def test_the_median_shrugs_off_a_stray_sample() -> None:
    inputs = world(
        [village("V1", HERE)],
        [CELLS[0]],
        measurements=samples(*levels(-120, -121, -122, -50, -119)),
    )
    one = of_one(inputs)
    assert (one["rsrp_measured_4g_dbm"], one["measured_class_4g"]) == (-120.0, "none")


def test_too_few_samples_give_no_class() -> None:
    inputs = world([village("V1", HERE)], [CELLS[0]], measurements=samples(*levels(-120, -120)))
    one = of_one(inputs)
    assert (one["measured_class_4g"], one["measured_samples_4g"]) == ("unknown", 2)
    assert (one["verdict_4g"], one["verdict_source_4g"]) == ("good", "predicted")
    assert one["evidence_measured_4g"] == "predicted_only"
    assert of_one(inputs, scenario=ruled(min_samples=2))["measured_class_4g"] == "none"


@pytest.mark.parametrize(
    ("mbps", "expected"), [(5.0, "good"), (4.9, "weak"), (2.5, "weak"), (2.4, "none"), (0, "none")]
)
def test_speed_alone_makes_a_class(mbps: float, expected: str) -> None:
    # published: VNPT's 4G zones 1 and 2 promise at least 5 and 2.5 Mbit/s
    inputs = world(
        [village("V1", HERE)], [CELLS[0]], measurements=samples(*[{"download_mbps": mbps}] * 3)
    )
    result = found(inputs)
    assert result.table["measured_class_4g"][0] == expected
    assert np.isnan(result.table["rsrp_measured_4g_dbm"][0])
    assert result.measured is not None
    assert list(result.measured["measured_basis"]) == ["speed"]


def test_a_level_counts_before_a_speed() -> None:
    both = [{"rsrp_dbm": -100.0, "download_mbps": 0.1}] * 3
    inputs = world([village("V1", HERE)], [CELLS[0]], measurements=samples(*both))
    assert of_one(inputs)["measured_class_4g"] == "good"


def test_a_technology_without_a_speed_rule_has_no_class_by_speed() -> None:
    inputs = world(
        [village("V1", HERE)], [CELLS[0]], measurements=samples(*[{"download_mbps": 9.0}] * 3)
    )
    assert of_one(inputs, scenario=ruled(speeds=[]))["measured_class_4g"] == "unknown"


def test_samples_count_within_the_radius_or_the_accuracy() -> None:
    away = samples(*levels(-100, -100, -100, geometry=Point(HERE.x + 800.0, HERE.y)))
    exact, rough = village("V1", HERE), village("V2", HERE, coordinate_accuracy_m=900.0)
    table = found(world([exact, rough], [CELLS[0]], measurements=away)).table
    assert list(table["measured_samples_4g"]) == [0, 3]
    assert list(table["measured_class_4g"]) == ["unknown", "good"]
    assert list(table["measured_at_4g"]) == ["", "2026-06-30"]


def test_old_samples_are_counted_apart_and_decide_nothing() -> None:
    old = levels(-130, -130, -130, measured_at="2023-01-01")
    new = levels(-100, -100, -100, measured_at="2026-06-30")
    inputs = world([village("V1", HERE)], [CELLS[0]], measurements=samples(*old, *new))
    one = of_one(inputs)
    assert (one["measured_samples_4g"], one["measured_outdated_4g"]) == (3, 3)
    assert (one["rsrp_measured_4g_dbm"], one["measured_class_4g"]) == (-100.0, "good")
    later = of_one(inputs, scenario=ruled(as_of="2029-01-01"))
    assert (later["measured_samples_4g"], later["measured_outdated_4g"]) == (0, 6)
    assert (later["measured_class_4g"], later["verdict_source_4g"]) == ("unknown", "predicted")
    assert later["measured_at_4g"] == "2026-06-30"


def test_the_last_day_still_counts_and_no_date_counts() -> None:
    # by hand: 730 days before 30 June 2026 is 30 June 2024
    days = ["2026-06-30", "2024-06-30", "2024-06-29", ""]
    inputs = world(
        [village("V1", HERE)],
        [CELLS[0]],
        measurements=samples(*[{"rsrp_dbm": -100.0, "measured_at": day} for day in days]),
    )
    one = of_one(inputs)
    assert (one["measured_samples_4g"], one["measured_outdated_4g"]) == (3, 1)


def test_an_old_report_stays_in_its_column_and_decides_nothing() -> None:
    rows = [
        village("V1", HERE, reported_signal="none", report_date="2020-01-01"),
        village("V2", HERE, reported_signal="none", report_date="2026-06-30"),
        village("V3", HERE, reported_signal="none", report_date=""),
    ]
    table = found(world(rows, [CELLS[0]])).table
    assert list(table["reported_signal"]) == ["none"] * 3
    assert list(table["evidence"]) == ["conflict"] * 3
    assert list(table["verdict_4g"]) == ["good", "none", "none"]


def test_one_operator_without_signal_is_not_a_village_without_signal() -> None:
    dark_a = levels(-130, -130, -130)
    inputs = world([village("V1", HERE)], CELLS, measurements=samples(*dark_a))
    assert of_one(inputs)["measured_class_4g"] == "unknown"  # the other one was not measured
    dark_b = levels(-130, -130, -130, operator="vnpt-net")  # another spelling of the same
    inputs = world([village("V1", HERE)], CELLS, measurements=samples(*dark_a, *dark_b))
    result = found(inputs)
    assert result.table["measured_class_4g"][0] == "none"
    assert result.measured is not None
    assert list(result.measured["operator"]) == ["A", "VNPT Net"]
    lit_b = levels(-110, -110, -110, operator="VNPT Net")
    inputs = world([village("V1", HERE)], CELLS, measurements=samples(*dark_a, *lit_b))
    assert of_one(inputs)["measured_class_4g"] == "weak"
    assert of_one(inputs, operator="A")["measured_class_4g"] == "none"
    assert of_one(inputs, operator="VNPT Net")["measured_class_4g"] == "weak"


def test_samples_of_an_unnamed_operator_can_show_signal_but_not_its_lack() -> None:
    for level_dbm, expected in ((-100.0, "good"), (-130.0, "unknown")):
        rows = levels(level_dbm, level_dbm, level_dbm, operator="")
        inputs = world([village("V1", HERE)], [CELLS[0]], measurements=samples(*rows))
        assert of_one(inputs)["measured_class_4g"] == expected


def test_reports_by_operator() -> None:
    rows = [
        village("V1", HERE, reported_signal_a_4g="none", reported_signal_vnpt_net_4g="weak"),
        village("V2", HERE, reported_signal_a_4g="none", reported_signal_vnpt_net_4g=""),
        village("V3", HERE, reported_signal_a_4g="none", reported_signal_vnpt_net_4g="none"),
    ]
    inputs = world(rows, CELLS)
    table = found(inputs).table
    assert list(table["reported_class_4g"]) == ["weak", "unknown", "none"]
    assert list(table["evidence"]) == ["predicted_only"] * 3  # the contract reads reported_signal
    one = found(inputs, operator="A").table
    assert list(one["reported_class_4g"]) == ["none"] * 3
    assert list(one["evidence"]) == ["conflict"] * 3


def test_a_report_of_any_operator_and_a_single_operator() -> None:
    rows = [
        village("V1", HERE, reported_signal="good"),  # by whom, it does not say
        village("V2", HERE, reported_signal="none"),  # by nobody, so not by A either
    ]
    table = found(world(rows, CELLS), operator="A").table
    assert list(table["reported_class_4g"]) == ["unknown", "none"]
    assert list(table["evidence"]) == ["predicted_only", "conflict"]


def test_no_4g_or_better_means_no_5g_and_says_nothing_of_3g() -> None:
    table = found(world([village("V1", HERE, reported_signal="none")], CELLS)).table
    assert table["reported_class_5g"][0] == "none"
    assert table["reported_class_3g"][0] == "unknown"
    assert (table["verdict_5g"][0], table["verdict_3g"][0]) == ("none", "unknown")


def test_published_maps() -> None:
    west = box(GRID.bounds[0], GRID.bounds[1], centre(0, 60).x, GRID.bounds[3])
    rows = [village("V1", centre(60, 20)), village("V2", centre(60, 100)), village("V3", None)]
    both = polygons({"geometry": west}, {"operator": "VNPT Net", "geometry": west})
    table = found(world(rows, CELLS, operator_coverage=both)).table
    assert list(table["published_4g"]) == ["served", "not_served", "unknown"]
    assert list(table["published_3g"]) == ["unknown"] * 3  # nobody published for 3G
    only_a = found(world(rows, CELLS, operator_coverage=polygons({"geometry": west}))).table
    assert list(only_a["published_4g"]) == ["served", "unknown", "unknown"]


def test_a_published_map_decides_where_nothing_else_is_known() -> None:
    inputs = world(
        [village("V1", HERE)],
        [cell("A1-1", 60, 10, technology="3G")],
        operator_coverage=polygons({"technology": "3G"}),
    )
    one = of_one(inputs)  # the painted prediction knows no 3G
    assert (one["verdict_3g"], one["verdict_source_3g"]) == ("weak", "published")


def test_of_several_publications_the_newest_counts_whole() -> None:
    nowhere = box(0, 0, 1, 1)
    newer = polygons(
        {"published_at": "2025-01-01"}, {"published_at": "2026-01-01", "geometry": nowhere}
    )
    one = of_one(world([village("V1", HERE)], [CELLS[0]], operator_coverage=newer))
    assert (one["published_4g"], one["published_at_4g"]) == ("not_served", "2026-01-01")
    inputs = world([village("V1", HERE)], [CELLS[0]], operator_coverage=newer)
    late = of_one(inputs, scenario=ruled(as_of="2030-01-01"))
    assert (late["published_4g"], late["published_at_4g"]) == ("unknown", "2026-01-01")


def test_half_of_a_rough_position_must_lie_in_the_polygon() -> None:
    # by hand: the disc of 10 cells' radius holds 317 cells, 158 to 169 of them beside its middle
    beside = box(HERE.x + 45.0, GRID.bounds[1], GRID.bounds[2], GRID.bounds[3])
    through = box(HERE.x - 45.0, GRID.bounds[1], GRID.bounds[2], GRID.bounds[3])
    rough = village("V1", HERE, coordinate_accuracy_m=900.0)
    for shape, expected in ((beside, "not_served"), (through, "served")):
        inputs = world([rough], [CELLS[0]], operator_coverage=polygons({"geometry": shape}))
        assert of_one(inputs)["published_4g"] == expected


def test_planned_cells_can_only_improve_on_what_the_field_says() -> None:
    rows = [
        village("V1", HERE, reported_signal="none"),
        village("V2", HERE, reported_signal="good"),
    ]
    inputs = world(rows, [CELLS[0]])
    planned = scenario_from({"radio": {"use_planned": True}}, "test")
    assert list(found(inputs, scenario=planned).table["verdict_4g"]) == ["good", "good"]
    weak = found(inputs, level_dbm=-110.0, scenario=planned).table
    assert list(weak["verdict_4g"]) == ["weak", "good"]


def test_nothing_known_is_unknown_and_not_none() -> None:
    inputs = world([village("V1", None)], [CELLS[0]], measurements=samples(*levels(-130)))
    one = of_one(inputs)
    assert one["evidence"] == one["verdict_4g"] == one["measured_class_4g"] == "unknown"
    assert one["verdict_source_4g"] == ""
    sizes = evidence.gap_size(inputs.villages, pd.Series(["unknown"]))
    assert np.isnan(sizes["severity"][0])
    assert sizes["households_unserved"][0] is pd.NA


def test_chances_by_hand() -> None:
    inputs = world([village("V1", HERE, reported_signal="none")], [CELLS[0]])
    table = found(inputs, level_dbm=-40.0).table  # certainly good: 65 dB above the limit is 8 σ
    chances = evidence.answer_chances(table, "4G", inputs.scenario).iloc[0]
    # by hand: predicted (0.70, 0.15, 0.15) times reported (0.075, 0.075, 0.85), made to sum to 1
    odds = np.array([0.70 * 0.075, 0.15 * 0.075, 0.15 * 0.85])
    np.testing.assert_allclose(chances, odds / odds.sum(), atol=1e-4)  # chances have 4 decimals
    assert evidence.sources_differ(table, "4G", inputs.scenario).tolist() == [True]


def test_chances_of_a_published_map_by_hand() -> None:
    inputs = world([village("V1", None)], [CELLS[0]])
    table = found(inputs).table.assign(published_4g="served")
    chances = evidence.answer_chances(table, "4G", inputs.scenario).iloc[0]
    # by hand: 0.6 for good and for weak, 0.2 for none, over 1.4
    np.testing.assert_allclose(chances, [3 / 7, 3 / 7, 1 / 7])


CLASSES = st.sampled_from(["good", "weak", "none", "unknown"])


@given(measured=CLASSES, reported=CLASSES, predicted=CLASSES, served=st.floats(0.0, 1.0))
def test_chances_sum_to_one_and_trust_decides(
    measured: str, reported: str, predicted: str, served: float
) -> None:
    table = pd.DataFrame(
        {
            "measured_class_4g": [measured],
            "reported_class_4g": [reported],
            "signal_class_4g": [predicted],
            "served_probability_4g": [served],
            "good_probability_4g": [served / 2],
        }
    )
    scenario = default_scenario()
    chances = evidence.answer_chances(table, "4G", scenario).iloc[0]
    assert chances.sum() == pytest.approx(1.0)
    assert chances.between(0.0, 1.0).all()
    said = {c for c in (measured, reported, predicted) if c != "unknown"}
    differ = bool(said & set(COVERED_CLASSES)) and "none" in said
    assert evidence.sources_differ(table, "4G", scenario)[0] == differ
    if measured != "unknown" and predicted == "unknown":
        # by hand: 0.99/0.005 for a measurement is more than 0.85/0.075 for a report against it
        assert chances.idxmax() == measured


def clusters(*rows: tuple[str, str, int, str]) -> pd.DataFrame:
    names = ["cluster_id", "village_id", "households", "verdict_4g"]
    return pd.DataFrame(rows, columns=names)


def test_a_village_with_signal_can_hold_a_dark_cluster() -> None:
    places = pd.DataFrame({"village_id": ["V1", "V2"], "households": [50, 20]})
    parts = clusters(("C1", "V1", 10, "none"), ("C2", "V1", 15, "weak"), ("C3", "V1", 5, "unknown"))
    counts = evidence.cluster_counts(places, parts)
    assert counts.iloc[0].tolist() == [3, 1, 1, 10]
    assert counts["clusters"][1] == 0
    assert counts.iloc[1, 1:].isna().all()  # no cluster is listed: not "no dark cluster"
    sizes = evidence.gap_size(places, pd.Series(["good", "none"]), parts)
    # by hand: 10·1 + 15·0.5 of 50 households; 10 + 15 without good signal
    assert sizes["severity"].tolist() == [pytest.approx(17.5 / 50), 1.0]
    assert sizes["households_unserved"].tolist() == [25, 20]
    dark = evidence.gap_size(places, pd.Series(["none", "none"]), parts)
    assert dark["severity"][0] == pytest.approx((25 + 17.5) / 50)
    assert dark["households_unserved"][0] == 50


def test_clusters_of_a_village_that_is_itself_unknown() -> None:
    places = pd.DataFrame({"village_id": ["V1"], "households": [50]})
    sizes = evidence.gap_size(places, pd.Series(["unknown"]), clusters(("C1", "V1", 10, "none")))
    assert (sizes["severity"][0], sizes["households_unserved"][0]) == (1.0, 10)


def test_clusters_larger_than_their_village() -> None:
    places = pd.DataFrame({"village_id": ["V1"], "households": [12]})
    sizes = evidence.gap_size(places, pd.Series(["good"]), clusters(("C1", "V1", 30, "none")))
    assert (sizes["severity"][0], sizes["households_unserved"][0]) == (1.0, 12)


def test_clusters_without_households_change_nothing() -> None:
    places = pd.DataFrame({"village_id": ["V1"], "households": [0]})
    sizes = evidence.gap_size(places, pd.Series(["weak"]), clusters(("C1", "V1", 0, "none")))
    assert (sizes["severity"][0], sizes["households_unserved"][0]) == (0.5, 0)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [*levels(-100, -104, -109), *levels(-120, -121, -125, operator="VNPT Net")]
    there = [village("V1", HERE), village("V2", centre(60, 62))]
    forth = found(world(there, CELLS, measurements=samples(*rows)))
    back = found(world(there, CELLS, measurements=samples(*reversed(rows))))
    pd.testing.assert_frame_equal(pd.DataFrame(forth.table), pd.DataFrame(back.table))
    assert forth.measured is not None
    assert back.measured is not None
    pd.testing.assert_frame_equal(forth.measured, back.measured)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"order": [{"name": "reported", "reliability": 0.9}] * 2}, "mỗi nguồn"),
        ({"order": []}, "phải có ít nhất 1 mục"),
        ({"order": [{"name": "rumour", "reliability": 0.9}]}, "phải là một trong"),
        ({"order": [{"name": "reported", "reliability": 1.0}]}, "phải nhỏ hơn 1.0"),
        ({"min_samples": 0}, "phải lớn hơn hoặc bằng 1"),
        ({"as_of": "hôm qua"}, "phải là ngày"),
        ({"max_age": 30}, "khóa không hợp lệ"),
        (
            {"speeds": [{"technology": "4G", "good_mbps": 1.0, "weak_mbps": 2.0, "source": "thử"}]},
            "`good_mbps` không được thấp hơn `weak_mbps`",
        ),
    ],
)
def test_rules_that_cannot_be_used_are_told(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        ruled(**settings)
    assert words in caught.value.text.vi

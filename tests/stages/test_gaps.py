"""Predicted classes, worked by hand."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest

from coverage import gaps
from coverage.model import Inputs, Prediction
from coverage.params import ClassThresholds, Scenario
from coverage.reception import class_of
from tests.stages.world import GRID, SIDE, cell, centre, terrain, village, world

LIMITS = ClassThresholds(good_dbm=-105.0, weak_dbm=-115.0)


def painted(
    inputs: Inputs, level_dbm: np.ndarray, possible: np.ndarray | None = None
) -> Prediction:
    """Return a prediction whose 4G signal is simply given."""
    signal = level_dbm.astype(np.float32)
    return Prediction(
        grid=GRID,
        cells=inputs.stations,
        signal_dbm={("4G", ""): signal, ("4G", "A"): signal},
        server={("4G", ""): np.where(np.isnan(signal), 0, 1).astype(np.int32)},
        possible_dbm={} if possible is None else {"4G": possible.astype(np.float32)},
        operators=("A",),
        technologies=("4G",),
        parameters={},
    )


def level(value: float) -> np.ndarray:
    return np.full((SIDE, SIDE), value)


def graded(
    inputs: Inputs, prediction: Prediction, scenario: Scenario | None = None
) -> gpd.GeoDataFrame:
    return gaps.assess_villages(inputs, prediction, scenario or inputs.scenario)


@pytest.mark.parametrize(
    ("signal_dbm", "expected"),
    [
        (-60.0, "good"),
        (-105.0, "good"),
        (-105.01, "weak"),
        (-115.0, "weak"),
        (-115.01, "none"),
        (-math.inf, "none"),
        (math.nan, "unknown"),
    ],
)
def test_class_edges(signal_dbm: float, expected: str) -> None:
    assert list(class_of([signal_dbm], LIMITS)) == [expected]


def test_a_village_is_graded_over_the_accuracy_of_its_position() -> None:
    signal = level(-130.0)
    signal[60, 60] = -80.0  # the bare point would be good
    place = centre(60, 60)
    exact, rough = village("V1", place), village("V2", place, coordinate_accuracy_m=900.0)
    inputs = world([exact, rough])
    table = graded(inputs, painted(inputs, signal))
    assert list(table["signal_class_4g"]) == ["good", "none"]
    # by hand: the disc of 10 cells' radius holds 317 cells (Gauss's circle problem), one is served
    assert table["served_area_share_4g"][1] == 0.0032  # four decimals


def test_served_probability_is_the_normal_tail() -> None:
    inputs = world([village("V1", centre(60, 60))])
    sigma_db = inputs.scenario.gaps.shadowing_sigma_db
    at_limit = graded(inputs, painted(inputs, level(-115.0)))
    one_sigma = graded(inputs, painted(inputs, level(-115.0 + sigma_db)))
    assert at_limit["served_probability_4g"][0] == pytest.approx(0.5)
    assert one_sigma["served_probability_4g"][0] == pytest.approx(
        0.8413, abs=1e-4
    )  # published Φ(1)
    # by hand: −115 dBm lies 10 dB below the good limit, 1.25 σ; published Φ(−1.25) = 0.1056
    assert at_limit["good_probability_4g"][0] == pytest.approx(0.1056, abs=1e-4)


def test_unknown_stays_apart_from_none() -> None:
    height_m = terrain()
    height_m[:, 100:] = np.nan
    possible = level(-np.inf)
    possible[10, 10] = -90.0  # the path to the mast is not known, and a mast there could serve it
    possible[20, 20] = -140.0  # not known either, but too far to serve in any case
    inputs = world(
        [
            village("V1", None),
            village("V2", centre(5, 110)),
            village("V3", centre(10, 10)),
            village("V4", centre(20, 20)),
            village("V5", centre(60, 60)),
        ],
        terrain_m=height_m,
    )
    table = graded(inputs, painted(inputs, level(np.nan), possible))
    expected = ["unknown", "unknown", "unknown", "none", "none"]
    assert list(table["signal_class_4g"]) == expected
    assert list(table["signal_class_5g"]) == ["unknown"] * 5  # no station list for 5G


def test_centre_and_area() -> None:
    signal = level(-130.0)
    signal[60, 60] = -80.0
    inputs = world([village("V1", centre(60, 60)), village("V2", centre(20, 20))])
    rules = inputs.scenario.gaps.model_copy(update={"rule": "centre_and_area"})
    scenario = inputs.scenario.model_copy(update={"gaps": rules})
    assert list(graded(inputs, painted(inputs, signal), scenario)["signal_class_4g"]) == [
        "weak",
        "none",
    ]
    assert (
        list(graded(inputs, painted(inputs, level(-110.0)), scenario)["signal_class_4g"])
        == ["good"] * 2
    )


def two_operators(inputs: Inputs, strong: np.ndarray, weak: np.ndarray) -> Prediction:
    """Return 4G of an operator A that is strong and a B that is weak, served by cells 1 and 2."""
    signal = {("4G", "A"): strong, ("4G", "B"): weak, ("4G", ""): np.fmax(strong, weak)}
    number = {"A": 1, "B": 2, "": 1}
    return Prediction(
        grid=GRID,
        cells=inputs.stations,
        signal_dbm={key: levels.astype(np.float32) for key, levels in signal.items()},
        server={
            (technology, operator): np.where(np.isnan(levels), 0, number[operator]).astype(np.int32)
            for (technology, operator), levels in signal.items()
        },
        possible_dbm={},
        operators=("A", "B"),
        technologies=("4G",),
        parameters={},
    )


def served_by_two() -> tuple[Inputs, Prediction]:
    strong, weak = level(-100.123456), level(-120.0)
    strong[0, 0] = weak[0, 0] = np.nan
    stations = [cell("A1-1", 60, 10), cell("B1-1", 60, 12, operator="B")]
    places = [centre(60, 60), centre(0, 0), None, centre(0, 5)]
    inputs = world([village(f"V{n}", place) for n, place in enumerate(places, 1)], stations)
    return inputs, two_operators(inputs, strong, weak)


def test_what_is_told_of_a_village_by_technology() -> None:
    inputs, prediction = served_by_two()
    table = gaps.assess_villages(inputs, prediction, inputs.scenario)
    columns = [
        f"{name.format(tag)}"
        for tag in ("3g", "4g", "5g")
        for name in (
            *("rsrp_{}_dbm", "signal_class_{}", "served_probability_{}"),
            *("good_probability_{}", "served_area_share_{}"),
        )
    ]
    assert list(table.columns) == [*inputs.villages.columns, *columns, "server_4g"]
    assert table["rsrp_4g_dbm"][0] == -100.12  # two decimals
    # by hand: 5 dB above -105 and 15 above -115, over 8 dB: published Φ(0.61) and Φ(1.86), four
    # decimals; the signal lies 4.8765 and 14.8765 dB above
    assert (table["good_probability_4g"][0], table["served_probability_4g"][0]) == (0.7289, 0.9685)
    assert table["server_4g"].tolist() == ["A1-1", "", "", "A1-1"]
    assert np.isnan(table["rsrp_3g_dbm"]).all()


def test_one_operator_is_looked_at_alone() -> None:
    inputs, prediction = served_by_two()
    table = gaps.assess_villages(inputs, prediction, inputs.scenario, operator="B")
    assert table["server_4g"].tolist() == ["B1-1", "", "", "B1-1"]
    assert table["signal_class_4g"][0] == "none"
    absent = gaps.assess_villages(inputs, painted(inputs, level(-90.0)), inputs.scenario)
    assert absent["server_4g"][0] == "A1-1"
    unserved = gaps.assess_villages(
        inputs, painted(inputs, level(-90.0)), inputs.scenario, operator="A"
    )
    assert unserved["server_4g"].tolist() == [""] * 4  # no server is told for that operator


def test_classes_of_every_operator_and_of_any() -> None:
    inputs, prediction = served_by_two()
    found = gaps.operator_classes(inputs, prediction, inputs.scenario)
    assert list(found) == [("4G", ""), ("4G", "A"), ("4G", "B")]
    assert {key: classes.iloc[0] for key, classes in found.items()} == {
        ("4G", ""): "good",
        ("4G", "A"): "good",
        ("4G", "B"): "none",
    }
    assert found["4G", ""].index.equals(inputs.villages.index)


def test_the_chance_of_every_cell() -> None:
    inputs, prediction = served_by_two()
    chance = gaps.served_probability(inputs, prediction, inputs.scenario, "4G")
    assert chance.shape == GRID.shape
    assert chance.dtype == np.float32
    assert chance[60, 60] == pytest.approx(0.9685, abs=5e-5)  # published, as above
    only = gaps.served_probability(inputs, prediction, inputs.scenario, "4G", operator="B")
    # by hand: 5 dB below the weak limit, 0.625 σ; published Φ(-0.625) = 0.2660
    assert only[60, 60] == pytest.approx(0.2660, abs=5e-5)
    assert np.isnan(gaps.served_probability(inputs, prediction, inputs.scenario, "5G")).all()


def test_every_cell_of_the_class_raster_has_the_code_of_its_class() -> None:
    # by hand: limits −105 and −115 dBm, at and just below each; then what is not known.
    signal = level(-60.0)
    signal[0, :6] = [-105.0, -105.01, -115.0, -115.01, -np.inf, np.nan]
    possible = level(-np.inf)
    possible[0, 3:6] = [-115.0, -115.01, -50.0]  # a path not known that could, could not, could
    possible[1, 0] = -50.0  # served whatever else may arrive
    ground = terrain()
    ground[2, 2] = np.nan
    inputs = world([village("V1", centre(5, 5))], terrain_m=ground)
    limits = inputs.scenario.thresholds.model_copy(
        update={"technologies": {**inputs.scenario.thresholds.technologies, "4G": LIMITS}}
    )
    scenario = inputs.scenario.model_copy(update={"thresholds": limits})
    codes = gaps.class_raster(inputs, painted(inputs, signal, possible), scenario, "4G")
    named = {code: name for name, code in gaps.CODES.items()}
    assert sorted(named) == [1, 2, 3, 4]
    assert [named[int(code)] for code in codes[0, :6]] == [
        *("good", "weak", "weak", "unknown", "none", "unknown")
    ]
    assert named[int(codes[1, 0])] == "good"
    assert named[int(codes[2, 2])] == "unknown"
    assert named[int(codes[5, 5])] == "good"
    assert codes.dtype == np.uint8
    alone = gaps.class_raster(inputs, painted(inputs, signal), scenario, "4G", operator="nobody")
    assert set(np.unique(alone)) == {gaps.CODES["none"], gaps.CODES["unknown"]}
    everyone = gaps.class_raster(inputs, painted(inputs, signal, possible), scenario, "4G")
    np.testing.assert_array_equal(codes, everyone)


def test_without_a_path_not_known_too_weak_is_none() -> None:
    inputs = world([village("V1", centre(5, 5))])
    signal = level(-130.0)
    codes = gaps.class_raster(inputs, painted(inputs, signal), inputs.scenario, "4G")
    assert set(np.unique(codes)) == {gaps.CODES["none"]}
    assert gaps.CODES == {"good": 1, "weak": 2, "none": 3, "unknown": 4}

"""Signal over made terrain: link budget, pattern, ridge, best server, unknown terrain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from coverage import prediction
from coverage.carriers import has_channel, reference_share_db
from coverage.errors import ModelRangeError, StoppedError
from coverage.model import Inputs, Prediction
from coverage.propagation.antennas import AntennaPattern, pattern_loss_db
from coverage.propagation.engine import Engine
from tests.stages.world import (
    MAST_COL,
    MIDDLE_ROW,
    RIDGE_COL,
    cell,
    centre,
    terrain,
    village,
    world,
)


def predicted(inputs: Inputs, *, workers: int | None = 1, **radio: object) -> Prediction:
    settings = inputs.scenario.radio.model_copy(update={"max_range_km": 9.5} | radio)
    return prediction.predict(inputs, settings, inputs.scenario.land_cover, workers=workers)


def signal(inputs: Inputs, row: int, col: int, **radio: object) -> float:
    return float(predicted(inputs, **radio).signal_dbm["4G", ""][row, col])


ONE = [village("V1", None)]


@pytest.mark.parametrize(
    ("technology", "bandwidth_mhz", "frequency_mhz", "share_db"),
    [
        ("4G", 10, 800, -27.78),  # by hand: 50 RB x 12 subcarriers, 10·log10(600)
        ("4G", 20, 1800, -30.79),  # by hand: 10·log10(1200)
        ("5G", 100, 3700, -35.15),  # by hand: 273 RB at 30 kHz, 10·log10(3276)
        ("5G", 10, 700, -27.95),  # by hand: 52 RB at 15 kHz, 10·log10(624)
        ("3G", 5, 2100, -10.0),  # by hand: pilot of 10 %
    ],
)
def test_power_of_one_resource_element(
    technology: str, bandwidth_mhz: float, frequency_mhz: float, share_db: float
) -> None:
    got = reference_share_db(technology, bandwidth_mhz, frequency_mhz, 0.1)  # type: ignore[arg-type]
    assert got == pytest.approx(share_db, abs=0.005)  # rounding of the two decimals above


def test_channels_that_exist() -> None:
    assert has_channel("4G", 20, 1800)
    assert not has_channel("4G", 7, 1800)
    assert not has_channel("5G", 100, 700)
    assert has_channel("3G", 5, 2100)


@pytest.mark.parametrize(
    ("off_axis_deg", "below_deg", "loss_db"),
    [
        (0.0, 0.0, 0.0),
        (32.5, 0.0, 3.0),  # by definition: half the 3 dB beamwidth
        (-32.5, 0.0, 3.0),
        (327.5, 0.0, 3.0),  # the same direction, a turn away
        (180.0, 0.0, 25.0),  # front-to-back floor
        (0.0, 5.0, 3.0),
        (0.0, 60.0, 20.0),  # side-lobe floor
        (180.0, 60.0, 25.0),  # never below the floor of the whole pattern
    ],
)
def test_antenna_pattern(off_axis_deg: float, below_deg: float, loss_db: float) -> None:
    got = pattern_loss_db(off_axis_deg, below_deg, 65.0, 0.0, 10.0, 25.0, 20.0)
    assert got == pytest.approx(loss_db, abs=1e-9)


def test_level_in_clear_sight() -> None:
    # by hand: 60 dBm EIRP - 27.78 dB per element - free space at 450 m and 800 MHz (83.58 dB); the
    # receiver lies 3.6° below the axis, 12·(0.36)² = 1.58 dB. First Fresnel zone clear at mid-path
    # (6.5 m); tolerance for the small diffraction over flat ground that P.1812 keeps.
    got = signal(world(ONE), MIDDLE_ROW, MAST_COL + 5)
    below_deg = math.degrees(math.atan2(28.5, 450.0))
    by_hand = 60.0 - 27.78 - 83.58 - 12.0 * (below_deg / 10.0) ** 2
    assert got == pytest.approx(by_hand, abs=1.0)


def test_a_ridge_takes_the_signal_behind_it_and_not_on_it() -> None:
    flat, ridged = world(ONE), world(ONE, terrain_m=terrain(200.0))
    behind = MIDDLE_ROW, RIDGE_COL + 10
    lost_db = signal(flat, *behind) - signal(ridged, *behind)
    # by hand: the edge stands about 195 m over the line at d1 3.6 km, d2 0.9 km, 0.375 m wave:
    # nu = 195·sqrt(2·4.5/(0.375·3.6·0.9))/sqrt(1000) = 16.8, J = 6.9 + 20·log10(2·16.8) = 37.4 dB;
    # over flat ground P.1812 has some diffraction loss of its own, which is taken off.
    assert 25.0 < lost_db < 40.0
    top = MIDDLE_ROW, RIDGE_COL
    assert signal(ridged, *top) > signal(flat, *top) - 1.0  # the top sees the mast


def test_the_result_does_not_depend_on_threads() -> None:
    cells = [cell(f"A{i}-1", 10 + 9 * i, 5 + 11 * i, operator="AB"[i % 2]) for i in range(10)]
    inputs = world(ONE, cells, terrain_m=terrain(120.0))
    one, four = predicted(inputs, workers=1), predicted(inputs, workers=4)
    assert one.signal_dbm.keys() == four.signal_dbm.keys()
    for key in one.signal_dbm:
        np.testing.assert_array_equal(one.signal_dbm[key], four.signal_dbm[key])
        np.testing.assert_array_equal(one.server[key], four.server[key])


def test_another_site_never_weakens_the_best_server() -> None:
    first, second = cell("A1-1", MIDDLE_ROW, MAST_COL), cell("B1-1", 20, 100, operator="B")
    alone = predicted(world(ONE, [first])).signal_dbm["4G", ""]
    both = predicted(world(ONE, [first, second])).signal_dbm["4G", ""]
    known = ~np.isnan(alone)
    assert (both[known] >= alone[known]).all()
    assert (both > np.nan_to_num(alone, nan=-np.inf)).any()


def test_equal_cells_go_to_the_first_of_the_list() -> None:
    twins = [cell("A1-1", MIDDLE_ROW, MAST_COL), cell("A2-1", MIDDLE_ROW, MAST_COL)]
    server = predicted(world(ONE, twins)).server["4G", ""]
    assert set(np.unique(server)) == {0, 1}


def test_azimuth_points_clockwise_from_north() -> None:
    east = world(ONE, [cell("A1-1", MIDDLE_ROW, MIDDLE_ROW, azimuth_deg=90.0)])
    found = predicted(east).signal_dbm["4G", ""]
    front, back = found[MIDDLE_ROW, MIDDLE_ROW + 20], found[MIDDLE_ROW, MIDDLE_ROW - 20]
    assert front - back == pytest.approx(25.0, abs=0.2)  # front-to-back of the preset
    assert found[MIDDLE_ROW - 20, MIDDLE_ROW] < front


def test_only_active_cells_count_unless_planned_are_asked_for() -> None:
    cells = [
        cell("A1-1", MIDDLE_ROW, MAST_COL),
        cell("A2-1", 20, 100, status="planned"),
        cell("A3-1", 100, 100, status="off"),
    ]
    inputs = world(ONE, cells)
    assert list(predicted(inputs).cells["cell_id"]) == ["A1-1"]
    assert list(predicted(inputs, use_planned=True).cells["cell_id"]) == ["A1-1", "A2-1"]


def test_beyond_unknown_terrain_is_not_known() -> None:
    height_m = terrain()
    height_m[MIDDLE_ROW - 3 : MIDDLE_ROW + 4, 30:34] = np.nan
    found = predicted(world(ONE, terrain_m=height_m))
    behind = MIDDLE_ROW, 50
    assert math.isnan(found.signal_dbm["4G", ""][behind])
    # by hand: free space over 40 cells of 90 m = 3.6 km at 800 MHz is 101.64 dB; 0.45° below the
    # axis costs 0.02 dB
    assert found.possible_dbm["4G"][behind] == pytest.approx(60 - 27.78 - 101.64 - 0.02, abs=0.05)
    assert not math.isnan(found.signal_dbm["4G", ""][0, 20])


def test_losses_at_the_receiver_come_from_the_land_cover() -> None:
    cover = np.zeros(terrain().shape, dtype=np.uint8)
    cover[:, 20] = 10
    inputs = world(ONE, land_cover=cover)
    bare = signal(inputs, MIDDLE_ROW, 20, clutter="none")
    # by hand: 20 m of trees (preset) at 800 MHz; between the rows 466.475 and 949 MHz of P.833, at
    # 0.759 of the logarithm: 0.158 dB/m, at most 24.46 dB: 24.46·(1 - exp(-20·0.158/24.46)) = 2.96
    assert signal(inputs, MIDDLE_ROW, 20) == pytest.approx(bare - 2.96, abs=0.01)


@pytest.mark.parametrize("engine", ["sweep", "profile"])
def test_the_public_raster_is_what_the_pipeline_uses(engine: Engine) -> None:
    inputs = world(ONE, terrain_m=terrain(120.0))
    loss_db = prediction.path_loss_raster_db(
        inputs.terrain_m,
        row=MIDDLE_ROW,
        col=MAST_COL,
        resolution_m=90.0,
        radius_m=9_500.0,
        frequency_mhz=800.0,
        tx_height_m=30.0,
        engine=engine,
    )
    assert loss_db.shape == (213, 213)  # by hand: 2·⌈9500/90⌉ + 1
    assert loss_db.dtype == np.float32
    ahead = loss_db[106, 106 + 40]
    below_deg = math.degrees(math.atan2(30.0 - 120.0 - 1.5, 3_600.0))  # the ridge stands higher
    by_hand = 60.0 - 27.78 - float(ahead) - 12.0 * (below_deg / 10.0) ** 2
    got = signal(inputs, MIDDLE_ROW, RIDGE_COL, engine=engine)
    assert got == pytest.approx(by_hand, abs=0.01)  # two decimals of the element's share


def test_the_user_can_stop() -> None:
    inputs = world(ONE)
    radio = inputs.scenario.radio
    with pytest.raises(StoppedError):
        prediction.predict(
            inputs, radio, inputs.scenario.land_cover, progress=lambda _stage, _share: False
        )


def test_the_best_server_is_the_strongest_of_the_cells_alone() -> None:
    """Cells left out early for being weaker must not change the result."""
    cells = [
        cell(f"A{i}-{k}", 8 + 13 * i, 100 - 11 * i, azimuth_deg=120.0 * k, downtilt_deg=float(i))
        for i in range(8)
        for k in range(3)
    ]
    together = predicted(world(ONE, cells, terrain_m=terrain(80.0)))
    alone = [predicted(world(ONE, [one], terrain_m=terrain(80.0))) for one in cells]
    levels = np.array([p.signal_dbm["4G", ""] for p in alone])
    levels[np.isnan(levels)] = -np.inf
    np.testing.assert_array_equal(
        np.nan_to_num(together.signal_dbm["4G", ""], nan=-np.inf), levels.max(axis=0)
    )
    server = together.server["4G", ""]
    np.testing.assert_array_equal(server[server > 0] - 1, levels.argmax(axis=0)[server > 0])


class Counting:
    """Keeps losses in memory and counts what it is asked for."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, np.ndarray[Any, Any]]] = {}
        self.computed: list[str] = []

    def get(self, parts: Mapping[str, object], /) -> dict[str, np.ndarray[Any, Any]] | None:
        return self.kept.get(str(sorted(parts.items())))

    def put(
        self, parts: Mapping[str, object], arrays: Mapping[str, np.ndarray[Any, Any]], /
    ) -> None:
        self.kept[str(sorted(parts.items()))] = dict(arrays)
        self.computed.append(f"{parts['row']},{parts['col']},{parts['frequency_mhz']:g}")


def with_losses_kept(cells: list[dict[str, Any]], keeper: Counting, **radio: object) -> Prediction:
    inputs = world(ONE, cells)
    settings = inputs.scenario.radio.model_copy(update={"max_range_km": 9.5} | radio)
    return prediction.predict(
        inputs, settings, inputs.scenario.land_cover, workers=1, keeper=keeper
    )


def test_only_what_depends_on_a_change_is_computed_anew() -> None:
    first, second = cell("A1-1", MIDDLE_ROW, MAST_COL), cell("B1-1", 20, 100, azimuth_deg=90.0)
    keeper = Counting()
    with_losses_kept([first, second], keeper)
    assert sorted(keeper.computed) == ["20,100,800", "60,10,800"]
    keeper.computed.clear()
    turned = second | {"azimuth_deg": 10.0, "downtilt_deg": 6.0, "eirp_dbm": 55.0}
    again = with_losses_kept([first, turned], keeper)
    assert keeper.computed == []  # pattern and power, not the path
    fresh = predicted(world(ONE, [first, turned]))
    for key in fresh.signal_dbm:
        np.testing.assert_array_equal(again.signal_dbm[key], fresh.signal_dbm[key])
    with_losses_kept([first, second | {"geometry": centre(21, 100)}], keeper)
    assert keeper.computed == ["21,100,800"]  # the moved mast alone
    keeper.computed.clear()
    with_losses_kept([first, second | {"frequency_mhz": 1800.0}], keeper)
    assert keeper.computed == ["20,100,1800"]  # the new band alone
    keeper.computed.clear()
    with_losses_kept([first, second | {"antenna_height_m": 45.0}], keeper)
    assert keeper.computed == ["20,100,800"]
    keeper.computed.clear()
    with_losses_kept([first, second], keeper, model_4g="free_space")
    assert sorted(keeper.computed) == ["20,100,800", "60,10,800"]


@pytest.mark.parametrize(
    ("model", "frequency_mhz", "by_hand_db"),
    [
        # 4.5 km, antennas 30 and 1.5 m. Free space: 32.45 + 20·log10(4.5·800) = 103.57.
        ("free_space", 800.0, 103.57),
        # Okumura-Hata, small or suburban city at 800 MHz: a(hm) 0.013; 69.55 + 75.95 - 20.41 -
        # 0.01 + 35.22·0.653 = 148.07; suburban less 2·log10(800/28)^2 + 5.4 = 9.64.
        ("okumura_hata", 800.0, 138.44),
        # RMa in sight, h 5, W 20: break point 754 m; there 88.05 + 1.38 - 0.70 + 1.05, and
        # 40·log10(4500/754) = 31.03 beyond it.
        ("rma", 800.0, 120.81),
    ],
)
def test_each_technology_goes_by_its_own_model(
    model: str, frequency_mhz: float, by_hand_db: float
) -> None:
    one = cell("A1-1", MIDDLE_ROW, MAST_COL, frequency_mhz=frequency_mhz)
    got = signal(world(ONE, [one]), MIDDLE_ROW, MAST_COL + 50, model_4g=model)
    below_deg = math.degrees(math.atan2(28.5, 4500.0))
    level = 60.0 - 27.78 - 12.0 * (below_deg / 10.0) ** 2
    assert got == pytest.approx(level - by_hand_db, abs=0.05)  # two decimals, worked by hand


def test_models_without_terrain_do_not_see_the_ridge() -> None:
    behind = MIDDLE_ROW, RIDGE_COL + 10
    flat, ridged = world(ONE), world(ONE, terrain_m=terrain(200.0))
    for model in ("free_space", "okumura_hata"):
        near = signal(ridged, *behind, model_4g=model)
        assert near == pytest.approx(signal(flat, *behind, model_4g=model), abs=0.2)  # pattern
    # RMa takes from the terrain whether the mast is seen, no more: behind the ridge out of sight
    assert signal(ridged, *behind, model_4g="rma") < signal(flat, *behind, model_4g="rma") - 5.0


def test_beyond_the_range_of_a_model_there_is_no_signal() -> None:
    # published: UMa reaches 5 km, of masts of 25 m
    one = cell("A1-1", MIDDLE_ROW, MAST_COL, antenna_height_m=25.0)
    found = predicted(world(ONE, [one]), model_4g="uma")
    assert not math.isnan(found.signal_dbm["4G", ""][MIDDLE_ROW, MAST_COL + 55])  # 4.95 km
    assert math.isnan(found.signal_dbm["4G", ""][MIDDLE_ROW, MAST_COL + 56])  # 5.04 km
    assert found.possible_dbm == {}  # out of reach is known, not unknown


def test_a_cell_outside_the_range_of_its_model_is_refused() -> None:
    with pytest.raises(ModelRangeError, match=r"tx_height_m.*15 m.*Okumura-Hata"):
        predicted(
            world(ONE, [cell("A1-1", MIDDLE_ROW, MAST_COL, antenna_height_m=15.0)]),
            model_4g="okumura_hata",
        )


def test_a_measured_antenna_takes_the_place_of_the_parametric_one() -> None:
    horizontal, vertical = np.zeros(360, dtype=np.float32), np.zeros(360, dtype=np.float32)
    horizontal[80:101] = 12.0  # a notch to the right of the axis
    pattern = AntennaPattern(
        name="K1",
        gain_dbi=15.0,
        frequency_mhz=800.0,
        horizontal_db=horizontal,
        vertical_db=vertical,
    )
    plain = cell("A1-1", MIDDLE_ROW, 60, azimuth_deg=0.0, antenna="K1")
    inputs = world(ONE, [plain], antennas={"K1": pattern})
    found = predicted(inputs).signal_dbm["4G", ""]
    east, west = found[MIDDLE_ROW, 80], found[MIDDLE_ROW, 40]
    assert west - east == pytest.approx(12.0, abs=0.1)  # by the pattern; the terrain is flat

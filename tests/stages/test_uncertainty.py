"""Errors of position, height and terrain: what the formulas say against paths drawn with errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from coverage import gaps
from coverage.model import Inputs
from coverage.params import Scenario
from coverage.prediction import predict
from coverage.settings import scenario_from
from coverage.uncertainty import sampled_chances
from tests.stages.world import RIDGE_COL, cell, centre, terrain, village, world


def scenario(**changes: Any) -> Scenario:
    """Return the default scenario with changed rules of gaps."""
    return scenario_from({"gaps": changes}, "test")


def found(inputs: Inputs, rules: Scenario, **options: Any) -> pd.DataFrame:
    """Return sampled chances of the villages of a world."""
    predicted = predict(inputs, rules.radio, rules.land_cover)
    return sampled_chances(inputs.villages, inputs, predicted, rules, **options)


def behind(ridge_m: float, **changes: Any) -> Inputs:
    """Return a village 990 m behind a wall, at 1,800 MHz."""
    places = [village("1", centre(60, RIDGE_COL + 11), **changes)]
    cells = [cell("A1-1", 60, 10, frequency_mhz=1800.0, antenna_height_m=30.0)]
    return world(places, cells, terrain_m=terrain(ridge_m))


def test_the_formula_of_the_terrain_is_that_of_a_grazed_ridge() -> None:
    # by hand: 8.686/√1.01·√2·2.4/√(0.16655·1000) = 2.27 dB of a knife edge, and 1 + 10/6·exp(-1) =
    # 1.61 times that in P.1812. From 30 m to 20 m the line stands 22.2 m high at the wall.
    # Both ends are out too, nearly independently at 500 m of correlation:
    # √(1 + 0.78² + 0.22²) = 1.28 times as much
    rules = scenario(terrain_error_m=2.4)
    assert rules.gaps.terrain_sigma_db == pytest.approx(2.27 * 1.61, abs=0.02)
    high = rules.model_copy(update={"radio": rules.radio.model_copy(update={"rx_height_m": 20.0})})
    drawn = found(behind(22.0), high, draws=300)["loss_spread_db"].iloc[0]
    assert drawn == pytest.approx(1.28 * rules.gaps.terrain_sigma_db, rel=0.2)


def test_terrain_errors_matter_less_in_clear_sight_of_a_tall_mast() -> None:
    rules = scenario(terrain_error_m=2.4)
    tall = [cell("A1-1", 60, 10, frequency_mhz=1800.0, antenna_height_m=150.0)]
    clear = world([village("1", centre(60, 20))], tall)
    assert found(clear, rules)["loss_spread_db"].iloc[0] < 0.5


def test_the_formula_of_heights_is_an_upper_case() -> None:
    # by hand: 8.686·0.3 = 2.6 dB over plane earth; behind a ridge its angle alone changes
    rules = scenario(antenna_height_error_share=0.3)
    assert rules.gaps.height_sigma_db == pytest.approx(2.606, abs=0.001)
    drawn = found(behind(8.0), rules, draws=300)["loss_spread_db"].iloc[0]
    assert 0.1 < drawn < 2.0 * rules.gaps.height_sigma_db


def test_without_errors_the_chance_is_that_of_the_position_alone() -> None:
    rules = scenario()
    inputs = behind(30.0)
    table = found(inputs, rules)
    assert table["loss_spread_db"].iloc[0] == 0.0
    level = predict(inputs, rules.radio, rules.land_cover).signal_dbm["4G", ""][60, RIDGE_COL + 11]
    expected = ndtr((float(level) + 115.0) / 8.0)
    assert table["served_probability"].iloc[0] == pytest.approx(expected, abs=1e-6)


def test_a_vague_position_averages_over_its_disc() -> None:
    rules = scenario()
    inputs = behind(120.0, coordinate_accuracy_m=900.0)
    table = found(inputs, rules, draws=4000)
    predicted = predict(inputs, rules.radio, rules.land_cover)
    graded = gaps.assess_villages(inputs, predicted, rules)
    # analytic mean over the disc; 4,000 draws leave less than 0.5/√4000 = 0.008
    exact = graded["served_probability_4g"].iloc[0]
    assert table["served_probability"].iloc[0] == pytest.approx(exact, abs=0.025)


def test_draws_do_not_depend_on_other_villages() -> None:
    rules = scenario(terrain_error_m=2.4, antenna_height_error_share=0.2)
    first, second = village("1", centre(60, 70)), village("2", centre(40, 80))
    both = found(world([first, second], terrain_m=terrain(40.0)), rules, draws=20)
    alone = found(world([second], terrain_m=terrain(40.0)), rules, draws=20)
    np.testing.assert_array_equal(both.iloc[1].to_numpy(), alone.iloc[0].to_numpy())


def test_unknown_stays_unknown() -> None:
    nowhere = village("1", None)
    assert found(world([nowhere]), scenario(terrain_error_m=2.0)).isna().all(axis=None)

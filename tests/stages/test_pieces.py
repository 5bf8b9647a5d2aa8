"""A prediction cut into pieces is the undivided one, however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage import prediction
from coverage.model import Inputs, Prediction
from coverage.prediction import pieces
from coverage.prediction.cells import Mast
from coverage.prediction.pieces import Piece
from coverage.prediction.signal import Workers, scene_of
from tests.stages.world import SIDE, cell, centre, terrain, village, world


class Backwards:
    """A crew of one that takes the last piece first."""

    def results(
        self, work: Callable[..., Any], cuts: Iterable[Callable[[], Piece]]
    ) -> Iterator[tuple[int, Any]]:
        for number, cut in reversed(list(enumerate(cuts))):
            yield number, work(cut(), None)


def predicted(inputs: Inputs, workers: Workers, **radio: object) -> Prediction:
    rules = inputs.scenario.radio.model_copy(update=radio)
    return prediction.predict(inputs, rules, inputs.scenario.land_cover, workers=workers)


def require_same(one: Prediction, other: Prediction) -> None:
    for kind in ("signal_dbm", "server", "possible_dbm"):
        rasters, others = getattr(one, kind), getattr(other, kind)
        assert rasters.keys() == others.keys()
        for key, raster in rasters.items():
            assert raster.tobytes() == others[key].tobytes(), (kind, key)


places = st.lists(
    st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1)), min_size=1, max_size=9
)


@settings(max_examples=25)
@given(places=places, most=st.integers(1, 4), widest=st.sampled_from([8, 40, 512]))
def test_any_cut_gives_the_same_bytes(
    places: list[tuple[int, int]], most: int, widest: int
) -> None:
    """Short ranges, so that pieces do not all see the whole world; voids; equal cells."""
    ground = terrain(60.0)
    ground[70:75, 20:30] = np.nan
    cells = [
        cell(
            f"S{i}-1",
            *place,
            operator="AB"[i % 2],
            technology="4G" if i % 3 else "5G",
            antenna_height_m=30.0 + 5.0 * (i % 2),
        )
        for i, place in enumerate(places)
    ]
    cells += [cell("S0-2", *places[0])]  # as strong as another: the first of the list wins
    land_cover = np.tile(np.array([0, 10, 30], dtype=np.uint8), (SIDE, SIDE // 3 + 1))[:, :SIDE]
    inputs = world([village("V1", centre(60, 60))], cells, terrain_m=ground, land_cover=land_cover)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "WIDEST_CELLS", widest)
        patch.setattr("coverage.prediction.signal.MOST_MASTS", most)
        for clutter in ("receiver_loss", "profile"):
            rules = {"max_range_km": 2.5, "clutter": clutter}
            require_same(predicted(inputs, Backwards(), **rules), predicted(inputs, 1, **rules))


def test_the_signal_of_each_mast_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [cell(f"S{i}-1", 12 * i + 3, 9 * i + 2, operator=f"M{i}") for i in range(9)]
    inputs = world([village("V1", centre(60, 60))], cells, terrain_m=terrain(80.0))
    radio = inputs.scenario.radio.model_copy(update={"max_range_km": 3.0})
    beat_dbm = np.full(inputs.grid.shape, -100.0, dtype=np.float32)
    monkeypatch.setattr("coverage.prediction.signal._MASTS_APART", 2)

    def windows(workers: Workers) -> dict[str, np.ndarray[Any, Any]]:
        found = {}

        def visit(key: tuple[str, str], row0: int, col0: int, signal: Any) -> None:
            whole = np.full((3 * SIDE, 3 * SIDE), -np.inf, dtype=np.float32)
            rows, cols = signal.shape
            whole[SIDE + row0 : SIDE + row0 + rows, SIDE + col0 : SIDE + col0 + cols] = signal
            found[key[1]] = whole

        prediction.signal_by_layer(
            inputs, radio, inputs.scenario.land_cover, visit, workers=workers, beat_dbm=beat_dbm
        )
        return found

    one, other = windows(1), windows(Backwards())
    assert one.keys() == other.keys() == {f"M{i}" for i in range(9)}
    for name, raster in one.items():
        np.testing.assert_array_equal(raster, other[name])


def test_groups_hold_every_mast_once_and_are_small() -> None:
    random = np.random.default_rng(5)
    masts = [Mast(int(r), int(c), 30.0, (i,)) for i, (r, c) in enumerate(
        random.integers(0, 3000, (400, 2)))]  # fmt: skip
    masts += [Mast(7, 7, float(h), (400 + h,)) for h in range(60)]  # many in one place
    groups = list(pieces._grouped(masts, 16))
    assert sorted(m.cells for group in groups for m in group) == [(i,) for i in range(460)]
    for group in groups:
        assert len(group) <= 16
        assert np.ptp([m.row for m in group]) < pieces.WIDEST_CELLS
        assert np.ptp([m.col for m in group]) < pieces.WIDEST_CELLS


def test_a_piece_holds_only_what_its_masts_reach() -> None:
    cells = [cell("A1-1", 60, 60), cell("A2-1", 0, 120)]
    inputs = world([village("V1", centre(60, 60))], cells)
    radio = inputs.scenario.radio.model_copy(update={"max_range_km": 1.0})
    scene = scene_of(inputs, radio, inputs.scenario.land_cover)
    ((rules, masts),) = scene.areas
    found = {m.row: scene.piece(rules, [m]) for m in masts}
    # by hand: 1 km is 11.1 cells, so 12 on each side; at the corner what there is of them
    assert (found[60].row0, found[60].col0, found[60].terrain_m.shape) == (48, 48, (25, 25))
    assert (found[0].row0, found[0].col0, found[0].terrain_m.shape) == (0, 108, (13, 13))
    assert found[0].cells.number.tolist() == [2]

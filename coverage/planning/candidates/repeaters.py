"""Repeaters: poles near a village that hear a cell well and pass it on.

A repeater stands where the prediction says that some cell on air arrives at the donor level, at the
height of a receiver, which is a margin. It radiates what it hears plus its gain on the donor's
carrier, up to its greatest power.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from coverage.carriers import reference_share_db
from coverage.grid import BoolArray
from coverage.model import Result
from coverage.params import MAIN_TECHNOLOGY, CellTemplate, Scenario
from coverage.planning.candidates.draft import Draft
from coverage.planning.candidates.ground import centre
from coverage.planning.candidates.promise import paths


def add_repeaters(
    result: Result, scenario: Scenario, wanted: pd.DataFrame, wrong: BoolArray, draft: Draft
) -> None:
    """Add the most promising places of a repeater for each village, none on `wrong` ground."""
    inputs, rules = result.inputs, scenario.planning.repeater
    key = (MAIN_TECHNOLOGY, "")
    signal_dbm = result.prediction.signal_dbm.get(key)
    if signal_dbm is None:
        return
    with np.errstate(invalid="ignore"):
        hears = (signal_dbm >= rules.donor_dbm) & ~wrong
    row, col = np.nonzero(hears)
    spots = pd.DataFrame({"row": row, "col": col, "height_m": rules.antenna_height_m})
    if spots.empty:
        return
    found = paths(inputs, scenario, spots, wanted, reach_m=rules.reach_m)
    cells, server = result.prediction.cells, result.prediction.server[key]
    for number in found.first(found.loss_db, rules.per_village):
        place = (int(row[number]), int(col[number]))
        donor = cells.iloc[int(server[place]) - 1]
        carrier_dbm = float(signal_dbm[place]) - reference_share_db(
            MAIN_TECHNOLOGY,
            donor["bandwidth_mhz"],
            donor["frequency_mhz"],
            scenario.radio.pilot_power_share,
        )
        name = f"P-{place[0]}-{place[1]}"
        template = CellTemplate(
            frequency_mhz=donor["frequency_mhz"],
            bandwidth_mhz=donor["bandwidth_mhz"],
            antenna_height_m=rules.antenna_height_m,
            azimuths_deg=(),
            beamwidth_deg=360.0,
            downtilt_deg=0.0,
            eirp_dbm=min(rules.eirp_dbm, carrier_dbm + rules.gain_db),
        )
        draft.add(
            template,
            centre(inputs.grid, *place),
            height_m=rules.antenna_height_m,
            action_id=name,
            place_id=name,
            kind="repeater",
            cost="repeater",
            load="repeater",
            donor=str(donor["site_id"]),
        )

"""Units that villages are summed by: those of an edition, and the one each village is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.administration import Administration, code_column, of_layer
from coverage.grid import IndexArray
from coverage.model import Inputs

LevelName = Literal["province", "district", "commune"]
CodeAndName = tuple[str, str]
_NO_COMMUNE: Final[CodeAndName] = ("", "(không thuộc xã nào)")
_NO_UNIT: Final[CodeAndName] = ("", "(chưa rõ đơn vị)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Units of one level and edition, and the position of each village's unit among them.

    Villages without a unit have a last one of their own with an empty code, so that sums over units
    are sums over villages. `commune` gives the position of the unit of each commune of the layer,
    for units made of whole ones; else it is None, and nothing is known of areas.
    """

    name: LevelName
    edition: str
    units: tuple[CodeAndName, ...]
    village: IndexArray
    commune: IndexArray | None = None


def levels(inputs: Inputs, villages: gpd.GeoDataFrame) -> tuple[Level, ...]:
    """Return every level, in the layer's edition first and then in those it leads to."""
    known, edition = of_layer(inputs.communes, inputs.crosswalk)
    here = layer_level(inputs, villages, edition)
    found = list(_with_levels_above(here, _provinces(inputs, known, here), known))
    for other in _other_editions(known, edition, villages):
        codes = _codes_in(other, villages, known, edition)
        units = known.linked(other, [(edition, code) for code, _ in here.units])
        listed = [(unit.code, unit.name) for unit in units]
        if not listed:
            listed = [(code, "") for code in sorted(set(codes) - {""})]
        there = _level("commune", other, listed, codes, without=_NO_UNIT)
        if there.units and there.units != (_NO_UNIT,):
            found += _with_levels_above(there, _provinces(inputs, known, there), known)
    return tuple(found)


def layer_level(inputs: Inputs, villages: gpd.GeoDataFrame, edition: str) -> Level:
    """Return the communes of the layer."""
    layer = inputs.communes
    listed = list(zip(layer["commune_code"].astype(str), layer["name"].astype(str), strict=True))
    codes = villages["commune_code"].astype(str)
    level = _level("commune", edition, listed, codes, without=_NO_COMMUNE)
    return Level(
        name=level.name,
        edition=edition,
        units=level.units,
        village=level.village,
        commune=np.arange(len(layer)),
    )


def _level(
    name: LevelName,
    edition: str,
    listed: list[CodeAndName],
    codes: pd.Series,
    *,
    without: CodeAndName,
) -> Level:
    position = {code: number for number, (code, _) in enumerate(listed)}
    village = codes.map(position)
    units = [*listed, without] if village.isna().any() else listed
    numbers = np.array(village.fillna(len(listed)), dtype=np.int64)
    return Level(name=name, edition=edition, units=tuple(units), village=numbers)


def _with_levels_above(
    communes: Level, provinces: Sequence[CodeAndName], known: Administration
) -> Iterator[Level]:
    """Yield provinces, districts where the edition has them, and communes."""
    yield _grouped(communes, "province", provinces)
    units = [known.units.get((communes.edition, code)) for code, _ in communes.units]
    districts = [
        (u.district_code, u.district) if u and u.district_code else _NO_UNIT for u in units
    ]
    if any(code for code, _ in districts):
        yield _grouped(communes, "district", districts)
    yield communes


def _grouped(communes: Level, name: LevelName, groups: Sequence[CodeAndName]) -> Level:
    """Group communes; `groups` has the unit above of each, one without a code comes last."""
    units = sorted(dict(groups).items(), key=lambda unit: (not unit[0], unit[0]))
    position = {code: number for number, (code, _) in enumerate(units)}
    above = np.array([position[code] for code, _ in groups], dtype=np.int64)
    return Level(
        name=name,
        edition=communes.edition,
        units=tuple(units),
        village=np.asarray(above[communes.village]),
        commune=None if communes.commune is None else above[communes.commune],
    )


def _provinces(inputs: Inputs, known: Administration, communes: Level) -> list[CodeAndName]:
    """Return the province of each commune; without any code the project is the one unit."""
    units = [known.units.get((communes.edition, code)) for code, _ in communes.units]
    codes = [unit.province_code if unit else "" for unit in units]
    layer = inputs.communes
    if communes.commune is not None and "province_code" in layer.columns:
        stated = layer["province_code"].fillna("").astype(str)
        codes = [*stated, *codes[len(stated) :]]
    if not any(codes):
        return [("", inputs.project.name)] * len(codes)
    titles = {unit.province_code: unit.province for unit in units if unit}
    return [(c, titles.get(c) or inputs.project.name) if c else _NO_UNIT for c in codes]


def _other_editions(
    known: Administration, edition: str, villages: gpd.GeoDataFrame
) -> tuple[str, ...]:
    carried = {e.name for e in known.editions if code_column(e.name) in villages.columns}
    return tuple(sorted(({*known.other_editions(edition)} | carried) - {edition}))


def _codes_in(
    other: str, villages: gpd.GeoDataFrame, known: Administration, edition: str
) -> pd.Series:
    """Return each village's code in another edition: its own, else what the crosswalk decides."""
    codes = villages["commune_code"].astype(str)
    found = {code: known.translated((edition, code), other) for code in codes.unique()}
    led: pd.Series = codes.map({code: key[1] if key else "" for code, key in found.items()})
    if code_column(other) not in villages.columns:
        return led
    stated = villages[code_column(other)].fillna("").astype(str)
    settled: pd.Series = stated.where(stated != "", led)
    return settled

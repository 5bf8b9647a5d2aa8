"""Provinces and communes from geoBoundaries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
from shapely import GEOSException, make_valid

from coverage.fetch.area import Area
from coverage.fetch.download import AbsentError, Downloader, Fetched, FetchError, read_json, secure
from coverage.fetch.services import BoundaryService
from coverage.names import NameList
from coverage.text import Text

_PROVINCES: Final = "ADM1"
_ENGLISH_KINDS: Final = (" province", " city", " municipality")


@dataclass(frozen=True, eq=False, kw_only=True)
class Boundaries:
    """One level of a country: its units, the file they are from, and what the service says of it.

    `about` is the service's answer: `boundarySource`, `boundaryLicense`, `boundaryYearRepresented`.
    """

    units: gpd.GeoDataFrame
    file: Fetched
    about: dict[str, Any]
    level: str

    @property
    def licence(self) -> str:
        """The licence of this layer, as its source states it."""
        return str(self.about.get("boundaryLicense", ""))


def boundaries(
    downloader: Downloader, service: BoundaryService, iso3: str, level: str
) -> Boundaries:
    """Fetch one level of a country's units, with `shapeName` and `shapeID`.

    Raises
    ------
    AbsentError
        Where the country has no such level.
    FetchError
        Where it cannot be had or is not what was asked for.
    """
    what = f"geoBoundaries {iso3} {level}"
    asked = downloader.get(
        service.url.format(iso3=iso3, level=level), check=lambda path: _require_link(path, what)
    )
    about = _answer(asked.path, what)
    file = downloader.get(
        secure(str(about["gjDownloadURL"])), check=lambda path: _require_collection(path, what)
    )
    try:
        features = read_json(file.path, what)["features"]
        units = gpd.GeoDataFrame.from_features(features, crs="EPSG:4326")
    except (GEOSException, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _strange(what) from error
    if not {"shapeName", "shapeID"} <= set(units.columns) or units.empty:
        raise _strange(what)
    units["geometry"] = make_valid(units.geometry.to_numpy())
    return Boundaries(units=units, file=file, about=about, level=level)


def province(layer: Boundaries, name: str, iso3: str) -> Area:
    """Return the province that `name` means, in any spelling `coverage.names` knows.

    Raises
    ------
    FetchError
        Where none or several fit; the message lists them.
    """
    known = [(index, str(unit)) for index, unit in layer.units["shapeName"].items()]
    short = [(index, _without_kind(unit)) for index, unit in known]
    match = NameList([*known, *short], "province").match(_without_kind(name))
    if match.unit is not None:
        row = layer.units.loc[match.unit]
        return Area(name=str(row["shapeName"]), iso3=iso3, shape=row.geometry)
    likely = [str(layer.units.loc[unit, "shapeName"]) for unit in match.suggestions]
    every = sorted(str(unit) for unit in layer.units["shapeName"])
    listed = ", ".join(likely or every)
    if match.kind == "ambiguous":
        raise FetchError(
            Text(
                f"Tên {name!r} hợp với nhiều tỉnh: {listed}. Hãy viết rõ hơn.",
                f"The name {name!r} fits several provinces: {listed}. Write it more precisely.",
            )
        )
    raise FetchError(
        Text(
            f"Không có tỉnh {name!r} ở {iso3} trong geoBoundaries (địa giới trước tháng 7/2025 "
            f"với Việt Nam). Có thể là: {listed}. Hoặc dùng --bbox.",
            f"geoBoundaries has no province {name!r} in {iso3} (for Viet Nam its units predate "
            f"July 2025). Perhaps: {listed}. Or use --bbox.",
        )
    )


def communes(
    downloader: Downloader, service: BoundaryService, area: Area
) -> tuple[gpd.GeoDataFrame, Boundaries]:
    """Return the communes inside an area, with `commune_code` and `name`, and their layer.

    The finest level the country has is taken. A commune is inside where its representative point
    is, since borders of two levels do not coincide. The codes are those of geoBoundaries, not
    official ones, and the edition is not known.

    Raises
    ------
    FetchError
        Where they cannot be had, or none lies in the area.
    """
    layer = _finest(downloader, service, area.iso3)
    inside = layer.units[layer.units.representative_point().within(area.shape)]
    if inside.empty:
        raise FetchError(
            Text(
                f"Không có xã nào của geoBoundaries {area.iso3} {layer.level} nằm trong vùng.",
                f"No unit of geoBoundaries {area.iso3} {layer.level} lies in the area.",
            )
        )
    found = gpd.GeoDataFrame(
        {
            "commune_code": inside["shapeID"].astype(str),
            "name": inside["shapeName"].astype(str).str.strip().replace("", "?"),
        },
        geometry=inside.geometry,
        crs="EPSG:4326",
    )
    found = found.drop_duplicates("commune_code").sort_values("commune_code")
    return found.reset_index(drop=True), layer


def _finest(downloader: Downloader, service: BoundaryService, iso3: str) -> Boundaries:
    for level in service.levels[:-1]:
        try:
            return boundaries(downloader, service, iso3, level)
        except AbsentError:
            continue
    return boundaries(downloader, service, iso3, service.levels[-1])


def provinces(downloader: Downloader, service: BoundaryService, iso3: str) -> Boundaries:
    """Fetch the provinces of a country."""
    return boundaries(downloader, service, iso3, _PROVINCES)


def _answer(path: Path, what: str) -> dict[str, Any]:
    answer = read_json(path, what)
    return answer if isinstance(answer, dict) else {}


def _require_link(path: Path, what: str) -> None:
    if not isinstance(_answer(path, what).get("gjDownloadURL"), str):
        raise _strange(what)


def _require_collection(path: Path, what: str) -> None:
    content = read_json(path, what)
    if not isinstance(content, dict) or not content.get("features"):
        raise _strange(what)


def _without_kind(name: str) -> str:
    lower = name.lower()
    kind = next((kind for kind in _ENGLISH_KINDS if lower.endswith(kind)), "")
    return name[: len(name) - len(kind)] or name


def _strange(what: str) -> FetchError:
    return FetchError(
        Text(
            f"{what}: câu trả lời không có cấu trúc như tài liệu của dịch vụ.",
            f"{what}: the answer is not of the form that the service documents.",
        )
    )

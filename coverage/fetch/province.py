"""A province from open data to a project that can be checked and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from coverage.errors import CoverageError
from coverage.fetch import boundaries, cells, osm, population, terrain
from coverage.fetch.area import Area, box_area
from coverage.fetch.download import Downloader, FetchError
from coverage.fetch.manifest import Record, record
from coverage.fetch.services import Services
from coverage.fetch.shelf import Entry, Shelf
from coverage.io.writers import write_csv, write_layer
from coverage.text import Text, decimal

SOURCES: Final = ("communes", "terrain", "roads", "stations", "population")
REQUIRED: Final = ("communes", "villages", "stations", "terrain")
Progress = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is wanted: a province by name or a box, of which country, and which sources."""

    country: str = "VNM"
    province: str = ""
    bbox: str = ""
    what: tuple[str, ...] = SOURCES
    token: str = field(default="", repr=False)
    mcc: int | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Outcome:
    """What a fetch left: files by source, what failed and why, and remarks."""

    folder: Path
    area: str
    files: dict[str, tuple[str, ...]]
    missing: dict[str, Text]
    remarks: tuple[Text, ...]
    is_complete: bool
    """Whether the project has all inputs that a run needs."""


def fetch(
    folder: Path,
    request: Request,
    services: Services,
    downloader: Downloader,
    *,
    progress: Progress | None = None,
) -> Outcome:
    """Fetch open data into a project folder.

    A source that fails leaves the others alone; calling again goes on where it broke.

    Raises
    ------
    FetchError
        Where the request is wrong, or the province itself cannot be found.
    """
    _require_request(request)
    tell = progress or (lambda _stage, _share: None)
    country = request.country.upper()
    if request.bbox:
        area = box_area(request.bbox, country)
    else:
        layer = boundaries.provinces(downloader, services.boundaries, country)
        area = boundaries.province(layer, request.province, country)
    work = _Work(Shelf(folder), request, services, downloader=downloader, area=area, tell=tell)
    for source in SOURCES:
        if source in request.what:
            work.run(source)
    return work.close()


class _Work:
    """One fetch under way: what is known so far of the area."""

    def __init__(
        self,
        shelf: Shelf,
        request: Request,
        services: Services,
        *,
        downloader: Downloader,
        area: Area,
        tell: Progress,
    ) -> None:
        self._shelf, self._request, self._services = shelf, request, services
        self._downloader, self._area, self._tell = downloader, area, tell
        self._communes: gpd.GeoDataFrame | None = None
        self._places: gpd.GeoDataFrame | None = None
        self._inputs: dict[str, Entry] = {}
        self._records: dict[str, Record] = {}
        self._missing: dict[str, Text] = {}

    def run(self, source: str) -> None:
        """Fetch one source; a failure is noted, and nothing of that source is written by halves."""
        step: Callable[[], None] = getattr(self, f"_{source}_step")
        self._tell(source, 0.0)
        try:
            step()
        except CoverageError as error:
            self._missing[source] = error.text
        self._tell(source, 1.0)

    def close(self) -> Outcome:
        """Write project file, licences and manifest."""
        remarks = [note for one in self._records.values() for note in one.notes]
        inputs: Mapping[str, object] = {}
        if self._records:
            remarks += self._shelf.close(self._inputs, self._area.name)
            inputs = self._shelf.inputs()
        return Outcome(
            folder=self._shelf.folder,
            area=self._area.name,
            files={name: tuple(sorted(one.files)) for name, one in self._records.items()},
            missing=self._missing,
            remarks=tuple(remarks),
            is_complete=all(name in inputs for name in REQUIRED),
        )

    def _communes_step(self) -> None:
        service = self._services.boundaries
        found, layer = boundaries.communes(self._downloader, service, self._area)
        self._communes = found
        about = layer.about
        year = about.get("boundaryYearRepresented", "?")
        source = about.get("boundarySource", "?")
        files = self._layers({"communes": found})
        note = Text(
            f"Ranh giới {layer.level}, năm {year}, nguồn {source}. Mã xã là mã của geoBoundaries, "
            "không phải mã chính thức; ấn bản không rõ. Với Việt Nam, đây là địa giới trước cuộc "
            "sắp xếp tháng 7/2025.",
            f"Boundaries of {layer.level}, year {year}, source {source}. Codes are those of "
            "geoBoundaries, not official ones; the edition is unknown. For Viet Nam they predate "
            "the reform of July 2025.",
        )
        self._done(
            "communes",
            record(
                "communes", service, [layer.file], files=files, notes=[note], licence=layer.licence
            ),
        )

    def _terrain_step(self) -> None:
        service = self._services.terrain
        found, absent = terrain.terrain(
            self._downloader, service, self._area, partial(self._tell, "terrain")
        )
        files = {
            f"terrain/{name}.tif": self._shelf.copy(f"terrain/{name}.tif", file.path)
            for name, file in found.items()
        }
        self._inputs["terrain"] = sorted(files)
        notes = [_SURFACE_MODEL]
        if absent:
            listed = ", ".join(absent)
            notes.append(
                Text(
                    f"Không có ô địa hình (biển hoặc chưa công bố), để là không rõ: {listed}.",
                    f"No terrain tile (sea, or not released), left unknown: {listed}.",
                )
            )
        self._done("terrain", record("terrain", service, found.values(), files=files, notes=notes))

    def _roads_step(self) -> None:
        service = self._services.roads
        found = osm.street_map(self._downloader, service, self._area)
        self._places = found.places
        layers = {"roads": found.roads, "power_lines": found.power_lines}
        files = self._layers({name: layer for name, layer in layers.items() if len(layer)})
        if len(found.places):
            table = pd.DataFrame(found.places.drop(columns="geometry")).assign(
                longitude=found.places.geometry.x.to_numpy(),
                latitude=found.places.geometry.y.to_numpy(),
            )
            files["places.csv"] = self._shelf.put("places.csv", lambda p: write_csv(p, table))
        self._done("roads", record("roads", service, [found.file], files=files, notes=[_OSM_NOTE]))

    def _stations_step(self) -> None:
        service = self._services.stations
        request = self._request
        table, report, file = cells.stations(
            self._downloader, service, self._area, token=request.token, mcc=request.mcc
        )
        name = "stations_import_report.csv"
        files = {
            "stations.csv": self._shelf.put("stations.csv", lambda p: write_csv(p, table)),
            name: self._shelf.put(name, lambda p: write_csv(p, report)),
        }
        self._inputs["stations"] = "stations.csv"
        self._done("stations", record("stations", service, [file], files=files, notes=[_CELL_NOTE]))

    def _population_step(self) -> None:
        if self._communes is None:
            raise FetchError(_NEEDS_COMMUNES)
        service = self._services.population
        raster, year = population.population(self._downloader, service, self._area.iso3)
        spots = population.people(raster.path, self._communes)
        files = self._layers({"communes": population.with_population(self._communes, spots)})
        if "communes" in self._records:
            one = self._records["communes"]
            self._done("communes", replace(one, files=one.files | files))
        notes = [
            Text(
                f"Số người là ước tính của WorldPop năm {year} (mô hình, không phải điều tra).",
                f"People are an estimate of WorldPop for {year} (a model, not a census).",
            )
        ]
        if self._places is None:
            self._missing["villages"] = _NEEDS_PLACES
        else:
            table = population.villages(self._places, self._communes, spots, service)
            if table.empty:
                self._missing["villages"] = _NO_VILLAGES
            else:
                shelf = self._shelf
                files["villages.csv"] = shelf.put("villages.csv", lambda p: write_csv(p, table))
                self._inputs["villages"] = "villages.csv"
                share = table["population"].sum() / max(1.0, spots["people"].sum())
                notes.append(_village_note(service.household_size, service.catchment_km, share))
        self._done("population", record("population", service, [raster], files=files, notes=notes))

    def _layers(self, layers: Mapping[str, gpd.GeoDataFrame]) -> dict[str, str]:
        """Write layers as GeoPackages and name them as inputs; return the files' hashes."""
        files = {}
        for name, layer in layers.items():
            file = f"{name}.gpkg"
            files[file] = self._shelf.put(file, partial(write_layer, layer=name, frame=layer))
            self._inputs[name] = file
        return files

    def _done(self, source: str, one: Record) -> None:
        self._records[source] = one
        self._shelf.record(source, one)


def _require_request(request: Request) -> None:
    unknown = [name for name in request.what if name not in SOURCES]
    if unknown or not request.what:
        listed = ", ".join(SOURCES)
        raise FetchError(
            Text(
                f"--what không hiểu {', '.join(unknown)!r}; chọn trong: {listed}.",
                f"--what does not know {', '.join(unknown)!r}; choose from: {listed}.",
            )
        )
    if bool(request.province) == bool(request.bbox):
        raise FetchError(
            Text("Hãy cho --province hoặc --bbox.", "Give either --province or --bbox.")
        )
    if not (len(request.country) == 3 and request.country.isascii() and request.country.isalpha()):  # noqa: PLR2004
        raise FetchError(
            Text(
                f"--country là mã ba chữ ISO 3166-1 (VNM, LAO…), không phải {request.country!r}.",
                f"--country is a code of three letters (VNM, LAO…), not {request.country!r}.",
            )
        )


def _village_note(household_size: float, catchment_km: float, share: float) -> Text:
    size = decimal(household_size, 1)
    return Text(
        "GIẢ ĐỊNH: villages.csv gồm điểm dân cư có trên OpenStreetMap, không phải danh sách thôn "
        f"chính thức; số người là người theo WorldPop trong bán kính {catchment_km:g} km gần điểm "
        f"đó nhất ({share:.0%} dân số vùng), số hộ = số người / {size.vi}. Tín hiệu, điện "
        "để là không rõ. Hãy thay bằng danh sách của địa phương.",
        "ASSUMED: villages.csv holds the places that OpenStreetMap knows, not the official list of "
        f"villages; people are those of WorldPop within {catchment_km:g} km to whom it is the "
        f"nearest ({share:.0%} of the area's), households are people / {size.en}. Signal "
        "and power stay unknown. Replace it by the list of the local office.",
    )


_SURFACE_MODEL: Final = Text(
    "GLO-30 là mô hình bề mặt: gồm cả tán cây và nhà, không phải mặt đất trần.",
    "GLO-30 is a surface model: it includes canopy and buildings, not bare ground.",
)
_OSM_NOTE: Final = Text(
    "Cấp đường, mặt đường, cấp điện suy từ thẻ OpenStreetMap; không có thẻ thì để là không rõ. "
    "Đường và điện chưa vẽ trên OpenStreetMap thì không có ở đây.",
    "Road class, surface and voltage are derived from OpenStreetMap's tags; without a tag they "
    "stay unknown. What nobody has drawn is not here.",
)
_CELL_NOTE: Final = Text(
    "Vị trí trạm là trọng tâm các điểm điện thoại ghi được, lệch về phía đường; tần số, công suất, "
    "độ cao anten là giả định (xem stations_import_report.csv).",
    "Positions are centres of phones' records, biased towards roads; frequency, power and antenna "
    "height are assumed (see stations_import_report.csv).",
)
_NEEDS_COMMUNES: Final = Text(
    "Dân số cần ranh giới xã: hãy tải cả communes.",
    "Population needs the communes: fetch communes too.",
)
_NEEDS_PLACES: Final = Text(
    "Chưa lập được villages.csv vì thiếu điểm dân cư của OpenStreetMap: hãy tải cả roads.",
    "villages.csv is not made, for want of the places of OpenStreetMap: fetch roads too.",
)
_NO_VILLAGES: Final = Text(
    "OpenStreetMap không có điểm dân cư nào có người ở quanh: hãy tự lập villages.csv.",
    "OpenStreetMap has no place with people around it: make villages.csv yourself.",
)


def summary(outcome: Outcome) -> dict[str, object]:
    """Return what was fetched, for JSON."""
    return {
        "out": str(outcome.folder),
        "area": outcome.area,
        "files": {name: list(files) for name, files in outcome.files.items()},
        "missing": {name: {"vi": why.vi, "en": why.en} for name, why in outcome.missing.items()},
        "ready_to_run": outcome.is_complete,
    }

"""The distance of villages to fibre as the data that the map's front end draws.

The front end draws villages by a class and knows no signal by itself: here the classes are those of
the distance, with one more for villages that have fibre.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from coverage.maps.fields import Payload
from coverage.maps.payload import map_payload
from coverage.model import Result
from coverage.tables import flags
from coverage.text import DEFAULT_LANGUAGE, Language, Text

Names = np.ndarray[Any, np.dtype[np.object_]]
HAS_FIBRE: Final = "fibre"
FIBRE_CLASSES: Final[Mapping[str, tuple[Text, str, str]]] = {
    HAS_FIBRE: (Text("Đã có cáp quang", "Has fibre"), "circle", "#0072b2"),
    "near": (Text("Gần", "Near"), "circle", "#56b4e9"),
    "medium": (Text("Trung bình", "Medium"), "diamond", "#8a6d00"),
    "far": (Text("Xa", "Far"), "diamond", "#e69f00"),
    "remote": (Text("Rất xa", "Remote"), "cross", "#d55e00"),
    "unknown": (Text("Chưa rõ", "Unknown"), "question", "#6b7280"),
}
"""Name, symbol and colour of each class, told apart by shape as well as by colour."""
_SHOWN: Final = (
    *("village_id", "name", "commune_name", "commune_code", "households", "population"),
    "fibre_distance_m",
)
_FIBRE: Final = Text("Cáp quang", "Fibre")


def fibre_classes(result: Result) -> Names:
    """Return the class of each village: what it has, else how far it is."""
    villages = result.villages
    classes: Names = villages["fibre_distance_class"].to_numpy(dtype=object).copy()
    if "has_fibre" in villages.columns:
        classes[flags(villages["has_fibre"]).fillna(False).to_numpy(dtype=bool)] = HAS_FIBRE
    return classes


def class_range(result: Result, name: str) -> Text:
    """Write the distances of a class, in kilometres."""
    rules = result.scenario.fibre
    limits = [0.0, rules.near_m / 1000.0, rules.medium_m / 1000.0, rules.far_m / 1000.0]
    place = ("near", "medium", "far").index(name) if name in {"near", "medium", "far"} else -1
    if place >= 0:
        text = f"{limits[place]:g}–{limits[place + 1]:g} km"
    else:
        text = f"> {limits[-1]:g} km" if name == "remote" else ""
    return Text(text.replace(".", ","), text)


def fibre_payload(result: Result, *, language: Language = DEFAULT_LANGUAGE) -> Payload:
    """Return what the front end needs to draw the villages by their distance to fibre."""
    payload = map_payload(result, language=language)
    name = _FIBRE.get(language)
    payload["villages"] |= _table(payload["villages"], fibre_classes(result), name)
    payload["choices"][_column(name)] = {
        one: title.get(language) for one, (title, _, _) in FIBRE_CLASSES.items()
    }
    payload["legend_note"] = Text(
        "Thôn theo khoảng cách tới nơi có thể đấu nối cáp quang",
        "Villages by the distance to where fibre can be tapped",
    ).get(language)
    payload["classes"] = [_class(result, one, language) for one in FIBRE_CLASSES]
    payload["overlays"] = [one for one in payload["overlays"] if one["id"] == "relief"]
    # What the front end calls a technology is but the name of the column that it draws.
    payload["technologies"] = [payload["technologies"][0] | {"id": name}]
    payload["technology"] = name
    return payload


def _table(table: Payload, classes: Names, name: str) -> Payload:
    """Return the village table with the columns that speak of fibre, the class in place of 4G's."""
    kept = [i for i, field in enumerate(table["fields"]) if field["key"] in _SHOWN]
    numbers = {one: number for number, one in enumerate(FIBRE_CLASSES)}
    own = {
        "key": _column(name),
        "label": name,
        "kind": "choice",
        "values": list(FIBRE_CLASSES),
    }
    rows = zip(table["rows"], classes, strict=True)
    return {
        "fields": [own, *(table["fields"][i] for i in kept)],
        "rows": [[numbers[one], *(row[i] for i in kept)] for row, one in rows],
    }


def _column(technology: str) -> str:
    """Return the column in which the front end looks for a technology's class."""
    return f"signal_class_{technology.lower()}"


def _class(result: Result, name: str, language: Language) -> dict[str, str]:
    title, symbol, colour = FIBRE_CLASSES[name]
    reach = class_range(result, name).get(language)
    label = f"{title.get(language)} ({reach})" if reach else title.get(language)
    return {
        "id": name,
        "label": label,
        "short": title.get(language),
        "symbol": symbol,
        "colour": colour,
        "area": "transparent",
    }

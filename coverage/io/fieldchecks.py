"""What only shows when clusters, measurements and published maps are held against the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from coverage.errors import Problem
from coverage.tables import Mask, Rule, rows_breaking
from coverage.text import Text, spelling_key

_CLUSTER_FAR_M: Final = 10_000.0
_SIZES: Final = ("households", "population")

NO_COORDINATES_CLUSTER: Final = Rule(
    "no_coordinates",
    Text(
        "không có tọa độ; cụm được giữ lại, tín hiệu là “không rõ”",
        "no coordinates; the cluster stays, its signal is “unknown”",
    ),
    Text("Hãy bổ sung tọa độ nếu có.", "Add coordinates where you have them."),
    "warning",
)
NO_TERRAIN_CLUSTER: Final = Rule(
    "outside_terrain",
    Text(
        "cụm nằm ngoài vùng có địa hình; tín hiệu là “không rõ”",
        "the cluster lies outside the known terrain; its signal is “unknown”",
    ),
    Text(
        "Hãy thêm ô địa hình phủ tới đây, hoặc kiểm tra tọa độ.",
        "Add a terrain tile that reaches here, or check the coordinates.",
    ),
    "warning",
)
UNKNOWN_VILLAGE: Final = Rule(
    "unknown_village",
    Text("mã thôn không có trong bảng thôn", "the village id is not in the village table"),
    Text(
        "Hãy sửa mã thôn, hoặc thêm thôn vào bảng thôn.",
        "Mend the id, or add the village to the village table.",
    ),
)
MORE_THAN_VILLAGE: Final = Rule(
    "clusters_exceed_village",
    Text(
        "các cụm của thôn cộng lại nhiều hơn số của cả thôn",
        "the village's clusters add up to more than the village has",
    ),
    Text(
        "Kiểm tra số liệu của cụm và của thôn (có thể khác năm).",
        "Check the figures of clusters and village (they may be of different years).",
    ),
    "warning",
)
CLUSTER_FAR: Final = Rule(
    "cluster_far_from_village",
    Text(
        "cụm nằm cách tọa độ của thôn hơn 10 km",
        "the cluster lies more than 10 km from the village's point",
    ),
    Text("Kiểm tra tọa độ hoặc mã thôn.", "Check the coordinates or the village id."),
    "warning",
)
EMPTY_SAMPLE: Final = Rule(
    "sample_without_value",
    Text(
        "không có mức thu cũng không có tốc độ; mẫu không được dùng",
        "neither a level nor a speed; the sample is not used",
    ),
    Text("Hãy điền rsrp_dbm hoặc download_mbps.", "Fill in rsrp_dbm or download_mbps."),
    "warning",
)
UNDATED: Final = Rule(
    "no_date",
    Text(
        "không có ngày; được coi là còn mới",
        "no date; taken as recent",
    ),
    Text("Hãy điền ngày nếu biết.", "Fill in the date where you know it."),
    "warning",
)
UNKNOWN_OPERATOR: Final = Rule(
    "unknown_operator",
    Text(
        "nhà mạng này không có trong danh sách trạm",
        "this operator is not in the station list",
    ),
    Text(
        "Kiểm tra cách viết tên nhà mạng trong hai tệp.",
        "Check how the operator is spelt in the two files.",
    ),
    "warning",
)
OLDER_PUBLICATION: Final = Rule(
    "older_publication",
    Text(
        "nhà mạng đã công bố bản mới hơn cho công nghệ này; vùng này không được dùng",
        "the operator published a newer map of this technology; this polygon is not used",
    ),
    Text("Không cần làm gì nếu bản mới đã đầy đủ.", "Nothing to do if the newer one is complete."),
    "warning",
)


def field_problems(
    frames: Mapping[str, gpd.GeoDataFrame | None],
    villages: gpd.GeoDataFrame,
    *,
    files: Mapping[str, str],
) -> list[Problem]:
    """Check the tables `clusters`, `measurements`, `operator_coverage`, as far as they are there.

    `frames` holds them and `stations` by name; `files` their file names for messages.
    """
    problems = []
    stations = frames["stations"]
    known = set() if stations is None else {spelling_key(name) for name in stations["operator"]}
    if (clusters := frames.get("clusters")) is not None:
        problems += _clusters(clusters, villages, files["clusters"])
    if (samples := frames.get("measurements")) is not None:
        problems += _samples(samples, files["measurements"])
        problems += _operators(samples, known, files["measurements"])
    if (published := frames.get("operator_coverage")) is not None:
        problems += _publications(published, files["operator_coverage"])
        problems += _operators(published, known, files["operator_coverage"])
    return problems


def _clusters(clusters: gpd.GeoDataFrame, villages: gpd.GeoDataFrame, file: str) -> list[Problem]:
    rows = clusters.index.to_numpy()
    ids = clusters["village_id"]
    by_id = villages.set_index("village_id")
    orphan: Mask = ~ids.isin(by_id.index).to_numpy()
    problems = rows_breaking(
        UNKNOWN_VILLAGE, orphan, ids, file=file, column="village_id", rows=rows
    )
    for name in _SIZES:
        if name in clusters.columns:
            sums = clusters[name].astype(float).groupby(ids).transform("sum")
            more: Mask = (sums > ids.map(by_id[name]).astype(float)).to_numpy()
            words = ids + ": " + sums.map("{:.0f}".format)
            problems += rows_breaking(
                MORE_THAN_VILLAGE, more, words, file=file, column=name, rows=rows
            )
    homes = gpd.GeoSeries(ids.map(by_id.geometry), index=clusters.index, crs=clusters.crs)
    away_m = clusters.geometry.distance(homes.to_crs(clusters.crs)).to_numpy(dtype=float)
    stated = by_id.get("coordinate_accuracy_m", pd.Series(0.0, index=by_id.index))
    with np.errstate(invalid="ignore"):
        far: Mask = away_m > _CLUSTER_FAR_M + ids.map(stated.fillna(0.0)).to_numpy(dtype=float)
    problems += rows_breaking(
        CLUSTER_FAR, far, clusters["name"], file=file, column="village_id", rows=rows
    )
    return problems


def _samples(samples: gpd.GeoDataFrame, file: str) -> list[Problem]:
    rows = samples.index.to_numpy()
    nothing = pd.Series(np.nan, index=samples.index)
    empty: Mask = (
        samples.get("rsrp_dbm", nothing).isna() & samples.get("download_mbps", nothing).isna()
    ).to_numpy()
    return [
        *rows_breaking(
            EMPTY_SAMPLE, empty, None, file=file, column="rsrp_dbm, download_mbps", rows=rows
        ),
        *_undated(samples, "measured_at", file),
    ]


def _publications(published: gpd.GeoDataFrame, file: str) -> list[Problem]:
    problems = _undated(published, "published_at", file)
    if "published_at" in published.columns:
        dates = published["published_at"]
        keys = [published["operator"].map(spelling_key), published["technology"]]
        older: Mask = (dates < dates.groupby(keys).transform("max")).to_numpy()
        problems += rows_breaking(
            OLDER_PUBLICATION,
            older,
            dates,
            file=file,
            column="published_at",
            rows=published.index.to_numpy(),
        )
    return problems


def _undated(frame: pd.DataFrame, column: str, file: str) -> list[Problem]:
    dates = frame.get(column, pd.Series("", index=frame.index))
    undated: Mask = (dates == "").to_numpy()
    return rows_breaking(
        UNDATED, undated, None, file=file, column=column, rows=frame.index.to_numpy()
    )


def _operators(frame: pd.DataFrame, known: set[str], file: str) -> list[Problem]:
    names = frame["operator"].astype(str)
    strange: Mask = (~names.map(spelling_key).isin(known) & (names != "")).to_numpy()
    return rows_breaking(
        UNKNOWN_OPERATOR,
        strange,
        names,
        file=file,
        column="operator",
        rows=frame.index.to_numpy(),
    )

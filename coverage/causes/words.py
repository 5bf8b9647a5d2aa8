"""Causes in words, in the form of the official replies to voters.

The nearest site comes first, by name, operator and distance; then what stands between, and what a
higher mast would do. Numbers carry the decimal comma in Vietnamese.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from coverage.causes.finding import Cause, Finding
from coverage.causes.sites import Site, View, within
from coverage.params import MAIN_TECHNOLOGY, CauseRules
from coverage.terrain import Obstacle
from coverage.text import Text, decimal

_COARSE_POSITION_M: Final = 300.0
"""From here on a reader is told that the village's place is not well known."""

_NOTHING: Final = Text("", "")
WITHOUT_SITES: Final[Mapping[Cause, Text]] = {
    Cause.NONE: _NOTHING,
    Cause.NO_POSITION: Text(
        "Chưa có tọa độ của thôn nên không dự báo được.",
        "The village has no coordinates, so nothing can be predicted.",
    ),
    Cause.NO_TERRAIN: Text(
        "Chưa có dữ liệu địa hình tại thôn hoặc trên đường truyền.",
        "The terrain at the village or along the path is not known.",
    ),
    Cause.NO_STATION_LIST: Text(
        f"Chưa có danh sách trạm {MAIN_TECHNOLOGY}.",
        f"There is no list of {MAIN_TECHNOLOGY} stations.",
    ),
}


def words_for(finding: Finding, rules: CauseRules) -> Text:
    """Say why a village has no good signal, in both languages."""
    nearest, best = finding.nearest, finding.best
    if nearest is None or best is None or finding.cause in WITHOUT_SITES:
        return WITHOUT_SITES[finding.cause]
    match finding.cause:
        case Cause.TERRAIN:
            parts = [_behind_a_ridge(nearest, best), _raise(best, finding.considered, rules)]
        case Cause.DISTANCE:
            parts = [_too_far(nearest, rules)]
        case Cause.NO_GRID_POWER:
            parts = [_no_grid_power(finding.other or nearest, rules)]
        case Cause.MISSING_TECHNOLOGY:
            parts = [_missing_technology(finding.other or nearest, nearest)]
        case Cause.TOO_WEAK:
            parts = [_too_weak(finding, nearest, best, rules)]
        case _:
            parts = [_report_differs(nearest, best)]
    return _joined([*parts, _coarse_position(finding.accuracy_m)])


def kilometres(distance_m: float) -> Text:
    """Write a distance in kilometres, one decimal."""
    number = decimal(distance_m / 1000, 1)
    return Text(f"{number.vi} km", f"{number.en} km")


def listed(sites: Iterable[tuple[Site, float]]) -> str:
    """Write sites with operator, technologies and distance into one cell of a table."""
    return "; ".join(
        f"{site.site_id} ({site.operator}, {'+'.join(site.technologies)}) {distance_m:.0f} m"
        for site, distance_m in sites
    )


def _nearest(view: View) -> Text:
    away = kilometres(view.distance_m)
    return Text(
        f"Trạm {MAIN_TECHNOLOGY} gần nhất {view.site.name} cách thôn {away.vi}",
        f"The nearest {MAIN_TECHNOLOGY} station {view.site.name} is {away.en} away",
    )


def _ridge(ridge: Obstacle) -> Text:
    away = kilometres(ridge.distance_m)
    height_m, excess_m = f"{ridge.ground_m:.0f} m", f"{max(ridge.excess_m, 1.0):.0f} m"
    return Text(
        f"sườn núi cách trạm {away.vi}, cao {height_m} so với mực nước biển, "
        f"nhô {excess_m} trên đường truyền thẳng",
        f"a ridge {away.en} from the station, {height_m} above the sea, "
        f"stands {excess_m} above the line of sight",
    )


def _behind_a_ridge(nearest: View, best: View) -> Text:
    first = _nearest(nearest)
    if best.ridge is None:
        return Text(f"{first.vi}.", f"{first.en}.")
    ridge = _ridge(best.ridge)
    if nearest.site == best.site:
        return Text(
            f"{first.vi}, bị núi che khuất: {ridge.vi}.",
            f"{first.en}, hidden by the terrain: {ridge.en}.",
        )
    away = kilometres(best.distance_m)
    hidden = _hidden(nearest)
    if not nearest.is_blocked:
        hidden = Text(", địa hình chưa biết hết", ", over terrain that is not wholly known")
    return Text(
        f"{first.vi}{hidden.vi}. Trạm dễ khai thông hơn là {best.site.name} cách thôn {away.vi}: "
        f"{ridge.vi}.",
        f"{first.en}{hidden.en}. Easier to open is {best.site.name}, {away.en} away: {ridge.en}.",
    )


def _raise(best: View, considered: int, rules: CauseRules) -> Text:
    if math.isnan(best.raise_los_m):
        return Text(
            "Địa hình trên đường truyền chưa biết hết nên chưa tính được chiều cao cột.",
            "The terrain along the path is not wholly known, so no mast height can be given.",
        )
    limit = f"{rules.max_mast_raise_m:.0f} m"
    zone = f"{100 * rules.fresnel_clearance_share:.0f} %"
    if math.isnan(within(best.raise_los_m, rules)):
        return Text(
            f"Đã xét {considered} trạm gần nhất: nâng cột thêm {limit} vẫn chưa vượt được núi.",
            f"Of the {considered} nearest stations none would see over with {limit} more of mast.",
        )
    sight = f"{math.ceil(best.raise_los_m):d} m"
    zone_m = within(best.raise_fresnel_m, rules)
    more = Text(f"hơn {limit}", f"more than {limit}")
    if not math.isnan(zone_m):
        more = Text(f"{math.ceil(zone_m):d} m", f"{math.ceil(zone_m):d} m")
    return Text(
        f"Nâng cột thêm {sight} thì nhìn thẳng tới thôn, "
        f"thêm {more.vi} thì thoáng {zone} vùng Fresnel thứ nhất.",
        f"{sight} more of mast would see the village, "
        f"{more.en} would clear {zone} of the first Fresnel zone.",
    )


def _too_far(nearest: View, rules: CauseRules) -> Text:
    first, reach = _nearest(nearest), kilometres(rules.reach_m)
    hidden = _hidden(nearest)
    return Text(
        f"{first.vi}{hidden.vi}: quá xa, trong vòng {reach.vi} chưa có trạm {MAIN_TECHNOLOGY}.",
        f"{first.en}{hidden.en}: too far, no {MAIN_TECHNOLOGY} station stands within {reach.en}.",
    )


def _no_grid_power(any_site: View, rules: CauseRules) -> Text:
    away, reach = kilometres(any_site.distance_m), kilometres(rules.reach_m)
    return Text(
        f"Thôn chưa có điện lưới và trong vòng {reach.vi} chưa có trạm nào, gần nhất là "
        f"{any_site.site.name} cách thôn {away.vi}; thiếu điện lưới thì khó dựng trạm tại chỗ.",
        f"The village has no grid power and no station stands within {reach.en}, the nearest being "
        f"{any_site.site.name} {away.en} away; without grid power it is hard to build one here.",
    )


def _missing_technology(other: View, nearest: View) -> Text:
    away, main_away = kilometres(other.distance_m), kilometres(nearest.distance_m)
    has = ", ".join(other.site.technologies)
    hidden = _hidden(nearest)
    return Text(
        f"Trạm {other.site.name} cách thôn {away.vi}, nhìn thẳng tới thôn nhưng mới có {has}, "
        f"chưa có {MAIN_TECHNOLOGY}; trạm {MAIN_TECHNOLOGY} gần nhất {nearest.site.name} cách thôn "
        f"{main_away.vi}{hidden.vi}.",
        f"Station {other.site.name} is {away.en} away in clear sight but has {has} only, no "
        f"{MAIN_TECHNOLOGY}; the nearest {MAIN_TECHNOLOGY} station {nearest.site.name} is "
        f"{main_away.en} away{hidden.en}.",
    )


def _too_weak(finding: Finding, nearest: View, best: View, rules: CauseRules) -> Text:
    first, why = _nearest(nearest), _why_weak(finding, best, rules)
    if nearest.site == best.site:
        return Text(
            f"{first.vi}, nhìn thẳng tới thôn nhưng tín hiệu yếu: {why.vi}.",
            f"{first.en} in clear sight but its signal arrives weak: {why.en}.",
        )
    away, hidden = kilometres(best.distance_m), _hidden(nearest)
    return Text(
        f"{first.vi}{hidden.vi}. Trạm {best.site.name} cách thôn {away.vi} nhìn thẳng tới thôn "
        f"nhưng tín hiệu yếu: {why.vi}.",
        f"{first.en}{hidden.en}. Station {best.site.name}, {away.en} away, is in clear sight but "
        f"its signal arrives weak: {why.en}.",
    )


def _why_weak(finding: Finding, best: View, rules: CauseRules) -> Text:
    reasons: list[Text] = []
    off_deg = best.site.off_beam_deg(finding.here) if finding.here else 0.0
    if off_deg > 0.0:
        reasons.append(
            Text(
                f"thôn lệch {off_deg:.0f}° khỏi hướng anten gần nhất",
                f"the village lies {off_deg:.0f}° beside the nearest antenna's direction",
            )
        )
    ridge = best.ridge
    if ridge is not None and ridge.intrusion_share > 1.0 - rules.fresnel_clearance_share:
        away, share = kilometres(ridge.distance_m), f"{100 * ridge.intrusion_share:.0f} %"
        reasons.append(
            Text(
                f"sườn núi cách trạm {away.vi} lấn {share} bán kính vùng Fresnel thứ nhất",
                f"a ridge {away.en} from it reaches {share} into the first Fresnel zone",
            )
        )
    if not reasons:
        return Text(
            "do công suất, hướng hoặc góc nghiêng anten, hay tán cây",
            "power, direction or tilt of the antenna, or trees",
        )
    return Text("; ".join(r.vi for r in reasons), "; ".join(r.en for r in reasons))


def _report_differs(nearest: View, best: View) -> Text:
    first, seen = _nearest(nearest), Text("nhìn thẳng tới thôn", "in clear sight")
    if nearest.is_blocked and nearest.ridge is not None:
        ridge = _ridge(nearest.ridge)
        seen = Text(f"bị núi che khuất: {ridge.vi}", f"hidden by the terrain: {ridge.en}")
    elif not nearest.is_known:
        seen = Text("địa hình chưa biết hết", "over terrain that is not wholly known")
    other = _NOTHING
    if best.site != nearest.site and best.is_clear:
        away = kilometres(best.distance_m)
        other = Text(
            f" Trạm {best.site.name} cách thôn {away.vi} nhìn thẳng tới thôn.",
            f" Station {best.site.name}, {away.en} away, is in clear sight.",
        )
    return Text(
        "Dự báo có sóng tốt nhưng địa phương báo không có: cần đo kiểm tại chỗ. "
        f"{first.vi}, {seen.vi}.{other.vi}",
        "Good signal is predicted but the field reports none: measure on the spot. "
        f"{first.en}, {seen.en}.{other.en}",
    )


def _hidden(view: View) -> Text:
    if view.is_blocked:
        return Text(", bị núi che khuất", ", hidden by the terrain")
    return _NOTHING


def _coarse_position(accuracy_m: float) -> Text:
    if accuracy_m < _COARSE_POSITION_M:
        return _NOTHING
    return Text(
        f"Tọa độ thôn chỉ chính xác khoảng {accuracy_m:.0f} m: cần kiểm tra tại chỗ.",
        f"The village's position is good to about {accuracy_m:.0f} m only: check on the spot.",
    )


def _joined(parts: list[Text]) -> Text:
    return Text(
        " ".join(part.vi for part in parts if part.vi),
        " ".join(part.en for part in parts if part.en),
    )

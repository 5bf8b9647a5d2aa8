"""Every word of the map, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from coverage.params import SignalClass, Technology
from coverage.text import Language, Text

NAME: Final = "Phủ Sóng"

CLASS_NAMES: Final[Mapping[SignalClass, Text]] = MappingProxyType(
    {
        "good": Text("Sóng tốt", "Good"),
        "weak": Text("Sóng yếu (lõm sóng)", "Weak"),
        "none": Text("Không có sóng (trắng sóng)", "None"),
        "unknown": Text("Chưa rõ", "Unknown"),
    }
)

QUANTITIES: Final[Mapping[Technology, str]] = MappingProxyType(
    {"3G": "RSCP", "4G": "RSRP", "5G": "SS-RSRP"}
)

ROLES: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "communes": Text("ranh giới xã", "communes"),
        "villages": Text("thôn", "villages"),
        "stations": Text("trạm", "stations"),
        "terrain": Text("địa hình", "terrain"),
        "land_cover": Text("lớp phủ đất", "land cover"),
        "roads": Text("đường", "roads"),
        "power_lines": Text("đường điện", "power lines"),
        "fibre_nodes": Text("nút cáp quang", "fibre nodes"),
        "fibre_lines": Text("tuyến cáp quang", "fibre lines"),
        "rivers": Text("sông, suối", "rivers"),
        "measurements": Text("kết quả đo", "measurements"),
        "indicators": Text("chỉ số", "indicators"),
        "gap_status": Text("quá trình xử lý lõm sóng", "life of the gaps"),
        "crosswalk": Text("bảng đối chiếu xã", "commune crosswalk"),
        "clusters": Text("cụm dân cư", "clusters"),
        "operator_coverage": Text("vùng phủ công bố", "published coverage"),
    }
)

CHOICES: Final[Mapping[str, Mapping[str, Text]]] = MappingProxyType(
    {
        "reported_signal": {
            "good": Text("tốt", "good"),
            "weak": Text("yếu", "weak"),
            "none": Text("không có", "none"),
        },
        "verdict_4g": {
            "good": Text("tốt", "good"),
            "weak": Text("yếu", "weak"),
            "none": Text("không có", "none"),
            "unknown": Text("chưa rõ", "unknown"),
        },
        "verdict_source_4g": {
            "measured": Text("số đo", "measured"),
            "reported": Text("địa phương báo cáo", "reported"),
            "predicted": Text("dự báo", "predicted"),
            "published": Text("nhà mạng công bố", "published"),
        },
        "evidence": {
            "agree": Text("dự báo và báo cáo khớp nhau", "prediction and report agree"),
            "conflict": Text("dự báo và báo cáo khác nhau", "prediction and report differ"),
            "predicted_only": Text("chỉ có dự báo", "prediction only"),
            "reported_only": Text("chỉ có báo cáo", "report only"),
            "unknown": Text("chưa rõ", "unknown"),
        },
        "status": {
            "active": Text("đang hoạt động", "active"),
            "planned": Text("quy hoạch", "planned"),
            "off": Text("đã tắt", "off"),
        },
    }
)

SHORT_CLASS_NAMES: Final[Mapping[SignalClass, Text]] = MappingProxyType(
    {
        "good": Text("tốt", "good"),
        "weak": Text("yếu", "weak"),
        "none": Text("không", "none"),
        "unknown": Text("chưa rõ", "unknown"),
    }
)

ACTION_KINDS: Final[Mapping[str, Text]] = {
    "upgrade": Text("nâng cấp trạm", "upgrade of a site"),
    "raise_mast": Text("nâng cột, thêm anten", "mast raised, antennas added"),
    "repeater": Text("trạm lặp", "repeater"),
    "new_site": Text("trạm mới", "new site"),
    "satellite": Text("trạm nhỏ qua vệ tinh", "small cell by satellite"),
    "fibre": Text("cáp quang tới thôn", "fibre to villages"),
}
POWER_SOURCES: Final[Mapping[str, Text]] = {
    "": Text("đã có", "there already"),
    "grid": Text("điện lưới", "grid"),
    "grid_extension": Text("kéo điện lưới", "grid extension"),
    "solar": Text("mặt trời", "solar"),
    "solar_diesel": Text("mặt trời và máy phát", "solar and diesel"),
}
BACKHAUL_KINDS: Final[Mapping[str, Text]] = {
    "fibre": Text("cáp quang", "fibre"),
    "microwave": Text("vi ba", "microwave"),
    "satellite": Text("vệ tinh", "satellite"),
    "donor": Text("thu lại sóng của trạm", "repeats the site"),
    "unknown": Text("chưa rõ", "not known"),
}
_SCREEN: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "subtitle": Text("Bản đồ sóng di động", "Mobile signal map"),
        "data_as_of": Text("số liệu đến ngày {date}", "data as of {date}"),
        "map": Text("Bản đồ", "Map"),
        "panel": Text("Bảng điều khiển", "Controls"),
        "close": Text("Đóng", "Close"),
        "search": Text("Tìm thôn, xã", "Find a village or commune"),
        "search_hint": Text("gõ có dấu hoặc không dấu", "with or without accents"),
        "no_match": Text("Không tìm thấy", "Nothing found"),
        "technology": Text("Công nghệ", "Technology"),
        "legend": Text("Chú giải", "Legend"),
        "legend_hint": Text(
            "Bỏ dấu chọn để ẩn một loại thôn.", "Clear a box to hide that class of village."
        ),
        "villages_by_class": Text("Thôn theo {technology}", "Villages by {technology}"),
        "area_by_class": Text("Vùng phủ {technology} ngoài trời", "{technology} outdoors"),
        "any_operator": Text("mọi nhà mạng", "any operator"),
        "layers": Text("Lớp bản đồ", "Layers"),
        "layer_signal": Text("Vùng phủ sóng", "Signal"),
        "layer_relief": Text("Địa hình đổ bóng", "Hillshade"),
        "layer_communes": Text("Ranh giới xã", "Communes"),
        "layer_villages": Text("Thôn", "Villages"),
        "layer_sites": Text("Cột, trạm", "Masts"),
        "layer_plan": Text("Phương án xây dựng", "Plan"),
        "plan": Text("Phương án xây dựng", "Plan"),
        "plan_microwave": Text("Tuyến vi ba mới", "New microwave hop"),
        "plan_fibre": Text("Cáp quang mới", "New fibre"),
        "plan_action": Text("Hạng mục xây dựng", "Action"),
        "plan_list": Text("Các hạng mục theo thứ tự xây dựng", "Actions in the order of building"),
        "households_short": Text("hộ", "households"),
        "opacity": Text("Độ đậm vùng phủ", "Strength of the signal layer"),
        "filters": Text("Lọc", "Filter"),
        "operator": Text("Nhà mạng (cột, trạm)", "Operator (masts)"),
        "all_operators": Text("Tất cả nhà mạng", "All operators"),
        "commune": Text("Xã, phường", "Commune"),
        "all_communes": Text("Tất cả xã, phường", "All communes"),
        "all_villages": Text("Tất cả các thôn", "All villages"),
        "power": Text("Có điện lưới", "Grid power"),
        "hardship": Text("Đặc biệt khó khăn", "Extremely difficult"),
        "not_known": Text("chưa rõ", "not known"),
        "list": Text("Bảng các thôn đang hiện", "Villages shown, as a table"),
        "show_list": Text("Xem dạng bảng", "Show as a table"),
        "print": Text("In khổ", "Print on"),
        "show_map": Text("Xem bản đồ", "Show the map"),
        "no_position": Text("Không có tọa độ", "No coordinates"),
        "no_position_hint": Text(
            "Không vẽ được trên bản đồ, vẫn tính trong bảng.",
            "They cannot be drawn but count in every table.",
        ),
        "no_relief": Text("chưa có địa hình", "terrain unknown"),
        "mast": Text("Cột", "Mast"),
        "site": Text("Trạm", "Site"),
        "masts_legend": Text("Cột đang hoạt động", "Mast in use"),
        "masts_idle_legend": Text("Cột chỉ có trạm quy hoạch hoặc đã tắt", "Planned or off only"),
        "masts_coarse": Text(
            "Vị trí cột đã làm tròn khoảng 1 km.", "Mast positions are rounded to about 1 km."
        ),
        "about": Text("Về bản đồ này", "About this map"),
        "synthetic": Text("DỮ LIỆU TỔNG HỢP (MÔ PHỎNG)", "SYNTHETIC DATA"),
        "whole": Text("Toàn vùng", "Whole area"),
        "zoom_in": Text("Phóng to", "Zoom in"),
        "zoom_out": Text("Thu nhỏ", "Zoom out"),
        "yes": Text("có", "yes"),
        "no": Text("không", "no"),
        "no_value": Text("chưa có", "not known"),
        "no_signal_value": Text("không có tín hiệu", "no signal"),
        "village": Text("Thôn", "Village"),
        "profile": Text("Mặt cắt đường truyền từ trạm tới thôn", "Path from the station to here"),
        "in_commune": Text("Lọc theo xã này", "Show this commune only"),
        "parts": Text("Điểm ưu tiên gồm", "What the score is made of"),
        "shown": Text("Đang hiện {shown} / {all} thôn", "{shown} of {all} villages shown"),
        "no_script": Text(
            "Bản đồ cần JavaScript; trình duyệt đang tắt.",
            "The map needs JavaScript, which is switched off.",
        ),
    }
)

_BILINGUAL: Final = frozenset({"synthetic", "no_position", "legend", "layers", "filters"})
"""Short headings that carry English beside the Vietnamese."""


def screen_words(language: Language) -> dict[str, str]:
    """Return the words of the screen; short headings of a Vietnamese map carry English beside."""
    return {
        key: beside(text, language) if key in _BILINGUAL else text.get(language)
        for key, text in _SCREEN.items()
    }


def beside(text: Text, language: Language) -> str:
    """Return a short text with English beside it on a Vietnamese map."""
    return f"{text.vi} / {text.en}" if language == "vi" else text.en

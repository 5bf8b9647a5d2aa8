"""Invented names in the manner of the northern mountains."""

from __future__ import annotations

from typing import Final

import numpy as np

PROVINCE_NAME: Final = "Tỉnh mẫu Khau Phạ (dữ liệu tổng hợp)"
PROVINCE_CODE: Final = "99"  # no province bears it

WARD_NAMES: Final = ("Khau Phạ", "Sông Sương")
COMMUNE_NAMES: Final = (
    "Nậm Thoong", "Pác Lẻo", "Bình Lũng", "Đồng Vân Sơn", "Phiêng Hương", "Tân Khau",
    "Mường Sương", "Thượng Lèng", "Hạ Lèng", "Cốc Mận", "Nà Thuông", "Bản Rịa", "Lũng Thàn",
    "Khuổi Sao", "Vĩnh Khê", "Đại Thác", "Quang Lĩnh", "Nam Thẳm", "Pù Nhạn", "Xuân Khao",
    "Trung Ngàn", "Yên Lạp Sơn", "Kim Phách", "Thạch Nham", "Minh Khuôn", "Hợp Giang Sơn",
    "An Phiêng", "Cao Vằng", "Mỹ Thẳm", "Hồng Rẫy", "Đồng Thoong", "Sơn Lèn",
)  # fmt: skip

_VALLEY: Final = ("Nà", "Bản", "Nà", "Bản", "Pác", "Cốc", "Tổng", "Thôm", "Bó", "Vằng")
_STREAM: Final = ("Khuổi", "Khuổi", "Nậm", "Thẳm", "Bản", "Nà")
_HEIGHT: Final = ("Phiêng", "Pù", "Khau", "Phia", "Bản", "Slam")
_LIMESTONE: Final = ("Lũng", "Lũng", "Lủng", "Thẩm", "Kéo")
_STEMS: Final = (
    "Pán", "Cuôn", "Luông", "Đeng", "Khao", "Mèo", "Rào", "Chang", "Nưa", "Tẩu", "Slăng", "Lình",
    "Mòn", "Quang", "Khoang", "Vài", "Tặc", "Lẹng", "Phầy", "Dìa", "Mạ", "Hán", "Cáy", "Đán",
    "Vèn", "Kheo", "Thoi", "Nghè", "Chúa", "Lùng", "Pài", "Tát", "Sáo", "Muồng", "Bay", "Cọ",
    "Trà", "Phạ", "Sliến", "Ngần", "Coóc", "Mu", "Lại", "Giàng", "Mản", "Cưởm", "Hin", "Piạt",
    "Phường", "Bưa", "Nhừ", "Loỏng", "Châu", "Diếu", "Vạc", "Khít", "Pẻn", "Sả", "Tồm", "Nục",
)  # fmt: skip
_LOWLAND: Final = (
    "Đoàn Kết", "Tân Tiến", "Đồng Tâm", "Thắng Lợi", "Hợp Thành", "Trung Tâm", "Quyết Tiến",
)  # fmt: skip


def village_name(rng: np.random.Generator, taken: set[str], *, setting: str, in_ward: bool) -> str:
    """Return a name not yet `taken` in the commune and add it there.

    `setting` is one of `valley`, `stream`, `height`, `limestone`; wards have numbered quarters.
    """
    prefixes = {"stream": _STREAM, "height": _HEIGHT, "limestone": _LIMESTONE}.get(setting, _VALLEY)
    while True:
        draw = rng.random()
        if in_ward and draw < 0.75:  # noqa: PLR2004
            name = f"Tổ {1 + sum(other.startswith('Tổ ') for other in taken)}"
        elif setting == "valley" and draw < 0.16:  # noqa: PLR2004
            name = f"Thôn {1 + sum(other.startswith('Thôn ') for other in taken)}"
        elif setting == "valley" and draw < 0.24:  # noqa: PLR2004
            name = str(rng.choice(_LOWLAND))
        else:
            name = f"{rng.choice(prefixes)} {rng.choice(_STEMS)}"
        if name not in taken:
            taken.add(name)
            return name

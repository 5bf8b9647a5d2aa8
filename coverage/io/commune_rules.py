"""What is told about the communes that villages state."""

from __future__ import annotations

from typing import Final

from coverage.tables import Rule
from coverage.text import Text

UNKNOWN_COMMUNE: Final = Rule(
    "unknown_commune",
    Text("mã xã không có trong lớp xã", "the commune code is not in the commune layer"),
    Text(
        "Kiểm tra mã xã có cùng ấn bản địa giới với lớp xã (mã cũ và mã mới dùng lẫn nhau).",
        "Check that the code is of the layer's edition (old and new codes overlap).",
    ),
)
COMMUNE_BY_PLACE: Final = Rule(
    "commune_by_place",
    Text(
        "không có mã xã; lấy xã chứa tọa độ của thôn",
        "no commune code; taken from the commune that holds the village's point",
    ),
    Text("Hãy xác nhận hoặc điền mã xã.", "Confirm it or fill in the code."),
    "warning",
)
NO_COMMUNE: Final = Rule(
    "no_commune",
    Text(
        "không có mã xã và không xác định được theo tọa độ",
        "no commune code, and the coordinates do not tell it",
    ),
    Text(
        "Hãy điền mã xã; thôn được tính riêng ở dòng “không thuộc xã nào”.",
        "Fill in the code; the village is counted apart, in no commune.",
    ),
    "warning",
)
LOST_ZEROS: Final = Rule(
    "lost_zeros",
    Text("mã xã mất số 0 ở đầu; đã được thêm lại", "the code lost its leading zeros; put back"),
    Text(
        "Hãy định dạng cột mã là văn bản trong Excel.", "Format the code column as text in Excel."
    ),
    "warning",
)
OUTSIDE_COMMUNE: Final = Rule(
    "outside_its_commune",
    Text(
        "tọa độ nằm cách xã ghi trong bảng hơn 2 km",
        "the point lies more than 2 km outside the commune it states",
    ),
    Text(
        "Kiểm tra tọa độ, hoặc mã xã có thể thuộc ấn bản địa giới khác.",
        "Check the coordinates; or the code may be of another edition.",
    ),
    "warning",
)
FORMER_CODE: Final = Rule(
    "former_commune_code",
    Text(
        "mã xã thuộc ấn bản địa giới khác; đã chuyển sang xã trong lớp xã theo bảng chuyển mã",
        "the code is of another edition; brought to the layer's commune by the crosswalk",
    ),
    Text("Hãy xác nhận, hoặc ghi mã hiện hành.", "Confirm it, or write the present code."),
    "warning",
)
COMMUNE_BY_NAME: Final = Rule(
    "commune_by_name",
    Text("không có mã xã; lấy xã theo tên", "no commune code; the commune was found by its name"),
    Text("Hãy xác nhận hoặc điền mã xã.", "Confirm it or fill in the code."),
    "warning",
)
CODE_OF_TWO: Final = Rule(
    "code_of_two_editions",
    Text(
        "mã này có thể chỉ nhiều xã (hai ấn bản địa giới dùng cùng mã, hoặc xã cũ bị chia); "
        "thôn tạm không thuộc xã nào",
        "the code may mean several communes (two editions use it, or the former commune was "
        "divided); the village is in none for now",
    ),
    Text(
        "Hãy ghi cột edition (ví dụ 2025-03), tên xã hoặc tọa độ.",
        "Give the column edition (such as 2025-03), the commune's name, or coordinates.",
    ),
    "warning",
)
CODE_AGAINST_NAME: Final = Rule(
    "code_and_name_differ",
    Text(
        "mã xã và tên xã chỉ hai xã khác nhau; thôn tạm không thuộc xã nào",
        "code and name mean two communes; the village is in none for now",
    ),
    Text("Hãy sửa mã hoặc tên.", "Mend the code or the name."),
    "warning",
)
NAME_NOT_FOUND: Final = Rule(
    "unknown_commune_name",
    Text(
        "không nhận ra tên xã này; thôn tạm không thuộc xã nào",
        "no commune bears this name; the village is in none for now",
    ),
    Text("Hãy sửa tên hoặc điền mã xã.", "Mend the name or fill in the code."),
    "warning",
)
NAME_OF_SEVERAL: Final = Rule(
    "ambiguous_commune_name",
    Text(
        "tên này hợp với nhiều xã; thôn tạm không thuộc xã nào",
        "the name fits several communes; the village is in none for now",
    ),
    Text("Hãy ghi tên đầy đủ có dấu, hoặc điền mã xã.", "Write it in full, or fill in the code."),
    "warning",
)
UNKNOWN_EDITION: Final = Rule(
    "unknown_edition",
    Text(
        "không có ấn bản địa giới này; cột edition của dòng được bỏ qua",
        "there is no such edition; the row's edition is ignored",
    ),
    Text("Hãy ghi ví dụ 2025-03 hoặc 2025-07.", "Write 2025-03 or 2025-07, for example."),
    "warning",
)
UNKNOWN_FORMER_CODE: Final = Rule(
    "unknown_former_code",
    Text(
        "mã xã không có trong ấn bản địa giới này; thôn được tính riêng trong thống kê theo ấn bản",
        "the edition has no such code; statistics in that edition count the village apart",
    ),
    Text("Hãy sửa mã hoặc để trống.", "Mend the code or leave it empty."),
    "warning",
)
FORMER_CODE_DIFFERS: Final = Rule(
    "former_code_differs",
    Text(
        "mã xã cũ được sáp nhập vào một xã khác với xã đã ghi",
        "the former commune went into another commune than the one stated",
    ),
    Text("Hãy kiểm tra hai mã.", "Check the two codes."),
    "warning",
)

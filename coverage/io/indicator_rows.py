"""What can be wrong with the table of indicators, held against the communes and the definitions."""

from __future__ import annotations

from typing import Final

import pandas as pd

from coverage.errors import Problem
from coverage.params import IndicatorRules
from coverage.tables import Mask, Rule, rows_breaking
from coverage.text import Text

OTHER_EDITION: Final = Rule(
    "indicator_of_other_edition",
    Text(
        "chỉ số thuộc ấn bản địa giới khác với lớp xã; không ghép theo mã",
        "the indicator is of another edition than the commune layer; it is not joined by code",
    ),
    Text(
        "Mã xã được dùng lại sau 7/2025: hãy ghi cột edition, và chuyển số liệu sang ấn bản của "
        "lớp xã.",
        "Codes were used again after July 2025: state the edition, and bring the figures to the "
        "layer's.",
    ),
    "warning",
)
NOT_IN_LAYER: Final = Rule(
    "indicator_without_commune",
    Text(
        "mã xã không có trong lớp xã; chỉ số được để riêng",
        "the commune layer has no such code; the indicator is set aside",
    ),
    Text("Kiểm tra mã xã.", "Check the code."),
    "warning",
)
NOT_A_SHARE: Final = Rule(
    "share_out_of_range",
    Text(
        "chỉ số này là tỷ lệ 0–1 (hoặc có/không 0, 1), giá trị nằm ngoài",
        "this indicator is a share of 0-1 (or yes/no as 1, 0), the value lies outside",
    ),
    Text("Hãy ghi 0.91 thay cho 91 %.", "Write 0.91 for 91 %."),
)
UNDEFINED: Final = Rule(
    "undefined_indicator",
    Text(
        "chỉ số chưa có định nghĩa; không biết đơn vị và chiều tốt hơn",
        "the indicator has no definition; its unit and which way is better are not known",
    ),
    Text(
        "Thêm định nghĩa vào [scenario.indicators] của project.toml.",
        "Add a definition to [scenario.indicators] of project.toml.",
    ),
    "warning",
)
TWICE: Final = Rule(
    "indicator_twice",
    Text(
        "cùng xã, chỉ số và năm xuất hiện nhiều lần; dòng dưới cùng được dùng",
        "the same commune, indicator and year stand more than once; the lowest row counts",
    ),
    Text("Hãy giữ lại một dòng.", "Keep one of them."),
    "warning",
)


def indicator_problems(
    indicators: pd.DataFrame, communes: pd.DataFrame, rules: IndicatorRules, *, file: str
) -> list[Problem]:
    """Find values that cannot be joined, read or understood."""
    if not {"commune_code", "indicator", "year", "value"} <= set(indicators.columns):
        return []
    problems: list[Problem] = []

    def tell(rule: Rule, wrong: pd.Series, column: str) -> None:
        mask: Mask = wrong.fillna(False).to_numpy(dtype=bool)
        words = indicators[column].astype(str) if column in indicators.columns else None
        rows = indicators.index.to_numpy()
        problems.extend(rows_breaking(rule, mask, words, file=file, column=column, rows=rows))

    edition = _editions(indicators)
    elsewhere = ~edition.isin(_editions(communes))
    tell(OTHER_EDITION, elsewhere, "edition")
    tell(
        NOT_IN_LAYER,
        ~elsewhere & ~indicators["commune_code"].isin(communes["commune_code"]),
        "commune_code",
    )
    codes = {d.code for d in rules.definitions}
    tell(UNDEFINED, ~indicators["indicator"].isin(codes), "indicator")
    shares = {d.code for d in rules.definitions if d.unit in ("share", "flag")}
    for column in ("value", "target"):
        if column in indicators.columns:
            outside = ~indicators[column].between(0.0, 1.0) & indicators[column].notna()
            tell(NOT_A_SHARE, outside & indicators["indicator"].isin(shares), column)
    key = indicators[["commune_code", "indicator", "year"]].assign(edition=edition)
    tell(TWICE, key.duplicated(keep=False), "indicator")
    return problems


def _editions(table: pd.DataFrame) -> pd.Series:
    if "edition" not in table.columns:
        return pd.Series("", index=table.index)
    return table["edition"].fillna("").astype(str)

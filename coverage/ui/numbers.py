"""Numbers of a table on the page, written as the language of the session writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from coverage.ui.speech import say

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler


def written(frame: pd.DataFrame, decimals: Mapping[str, int] | None = None) -> Styler:
    """Return a table whose numbers are shown with the separators of the language.

    Values stay numbers, so that sorting by a column goes on working.

    Parameters
    ----------
    frame
        The table, with a unique index.
    decimals
        Decimal places by column; whole numbers need not be named.
    """
    wanted = {
        column: (decimals or {}).get(column, 0)
        for column in frame.columns
        if pd.api.types.is_numeric_dtype(frame[column])
        and not pd.api.types.is_bool_dtype(frame[column])
    }
    return frame.style.format(
        {column: f"{{:,.{places}f}}" for column, places in wanted.items()},
        na_rep="–",
        decimal=say(",", "."),
        thousands=say(".", ","),
    )

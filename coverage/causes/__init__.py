"""Why a village has no good signal: a code of a closed list, words, and the figures behind them.

`explain` gives the columns of the village table; `views` the path that a row speaks of, to draw it.
"""

from __future__ import annotations

from coverage.causes.finding import Cause
from coverage.causes.reasons import explain, views
from coverage.causes.sites import Site, View

__all__ = ["Cause", "Site", "View", "explain", "views"]

"""How a missing signal is explained."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from coverage.params.words import Share
from coverage.validation import Frozen


class CauseRules(Frozen):
    """How far sites are looked for, and what clears a path."""

    reach_m: Annotated[float, Field(gt=0.0, le=100_000.0)]
    sites_considered: Annotated[int, Field(ge=1, le=50)]
    max_mast_raise_m: Annotated[float, Field(ge=0.0, le=500.0)]
    fresnel_clearance_share: Share
    foreground_m: Annotated[float, Field(ge=0.0, le=5_000.0)]
    k_factor: Annotated[float, Field(gt=0.3, le=10.0)]

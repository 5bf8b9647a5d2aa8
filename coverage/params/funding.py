"""Who pays for what a plan builds, by the power and the hardship of the villages it serves."""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from coverage.params.words import Share
from coverage.text import Text
from coverage.validation import Frozen, RuleError

Funder = Literal["fund", "operator", "province"]
FUNDERS: Final = ("fund", "operator", "province")
"""The public-utility telecom fund, the operators, the province with whoever else gives."""
UNDECIDED: Final = "undecided"
"""What stands for a funder where no route holds, so that it is never guessed."""
_WORDS: Final = {True: "yes", False: "no", None: "unknown"}
_SUM_TOLERANCE: Final = 1e-9


class FundingRoute(Frozen):
    """Shares of the funders for villages of one kind; "any" matches also what is not known."""

    has_grid_power: Literal["yes", "no", "unknown", "any"]
    extremely_difficult: Literal["yes", "no", "unknown", "any"]
    shares: dict[Funder, Share]
    source: str
    year: int
    is_assumption: bool

    @model_validator(mode="after")
    def _shares_whole(self) -> Self:
        total = sum(self.shares.values())
        if not math.isclose(total, 1.0, abs_tol=_SUM_TOLERANCE):
            raise RuleError(
                Text(
                    f"tổng các phần trong `shares` phải bằng 1, hiện là {total:g}",
                    f"`shares` must add up to 1, not {total:g}",
                )
            )
        return self


class FundingRules(Frozen):
    """Routes in order; of each village the first that matches counts."""

    routes: Annotated[tuple[FundingRoute, ...], Field(min_length=1)]

    def shares_of(
        self, *, has_grid_power: bool | None, extremely_difficult: bool | None
    ) -> dict[str, float]:
        """Return the funders' shares for a village; None stands for not known."""
        power, hardship = _WORDS[has_grid_power], _WORDS[extremely_difficult]
        for route in self.routes:
            if route.has_grid_power in (power, "any") and route.extremely_difficult in (
                hardship,
                "any",
            ):
                return {name: share for name, share in route.shares.items() if share > 0.0}
        return {UNDECIDED: 1.0}

    def __hash__(self) -> int:
        """Hash by content; the mappings are never changed."""
        return hash(self.model_dump_json())

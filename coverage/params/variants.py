"""Other assumptions under which a plan is made again, to see which of its actions stay chosen."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from coverage.params.radio import Model
from coverage.params.words import Technology
from coverage.text import Text
from coverage.validation import Frozen, RuleError

Factor = Annotated[float, Field(gt=0.0, le=10.0)]


class Variant(Frozen):
    """One set of other assumptions; what it does not name stays as it is.

    The factors multiply the prices of their group; `level_db` is added to all signal, of masts that
    stand and of candidates; `models` are path-loss models, which need every prediction anew.
    """

    name: Annotated[str, Field(min_length=1)]
    equipment: Factor = 1.0
    power: Factor = 1.0
    backhaul: Factor = 1.0
    level_db: Annotated[float, Field(ge=-30.0, le=30.0)] = 0.0
    models: dict[Technology, Model] = Field(default_factory=dict)

    def __hash__(self) -> int:
        """Hash by content; the mapping is never changed."""
        return hash(self.model_dump_json())


class VariantRules(Frozen):
    """Named variants, and how many more are drawn at random within the spreads around them.

    Of a draw each factor is uniform in 1 ± `cost_spread` and the level in ± `level_spread_db`.
    """

    source: str
    year: int
    is_assumption: bool
    named: tuple[Variant, ...]
    random: Annotated[int, Field(ge=0, le=1_000)]
    cost_spread: Annotated[float, Field(ge=0.0, lt=1.0)]
    level_spread_db: Annotated[float, Field(ge=0.0, le=20.0)]
    seed: Annotated[int, Field(ge=0, le=2_147_483_647)]
    relative_gap: Annotated[float, Field(ge=0.0, le=1.0)]
    time_limit_s: Annotated[float, Field(gt=0.0, le=86_400.0)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [variant.name for variant in self.named]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise RuleError(
                Text(
                    f"`named` có tên lặp lại: {twice}",
                    f"`named` has a name more than once: {twice}",
                )
            )
        return self

"""How far a job is, and what it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

_TELLING_SHARE: Final = 0.05
"""Below this share of a stage its own pace says too little; the last job's pace stands in."""


class Clock:
    """Follows the stages of a job and estimates what remains.

    Parameters
    ----------
    stages
        Names of the stages in order.
    expected_s
        What each stage took the last time; a stage that is missing has no estimate yet.
    now
        The time in seconds.
    """

    def __init__(
        self,
        stages: Sequence[str],
        expected_s: Mapping[str, float],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stages = tuple(stages)
        self._expected_s = dict(expected_s)
        self._now = now
        self._began = now()
        self.stage = ""
        self.stage_share = 0.0
        self.taken_s: dict[str, float] = {}

    def tell(self, stage: str, share: float) -> None:
        """Note how far a stage is; a stage that was not begun begins now."""
        if stage != self.stage:
            self._close()
            self.stage, self._began = stage, self._now()
        self.stage_share = min(max(share, 0.0), 1.0)

    def finish(self) -> None:
        """Note that the last stage has ended."""
        self._close()

    @property
    def remaining_s(self) -> float | None:
        """Seconds still needed; None where a coming stage has never been timed."""
        if self.stage not in self._stages:
            return None
        elapsed_s = self._now() - self._began
        if self.stage_share >= _TELLING_SHARE:
            left_s = elapsed_s * (1.0 - self.stage_share) / self.stage_share
        elif self.stage in self._expected_s:
            left_s = max(self._expected_s[self.stage] - elapsed_s, 0.0)
        else:
            return None
        for stage in self._stages[self._stages.index(self.stage) + 1 :]:
            if stage not in self._expected_s:
                return None
            left_s += self._expected_s[stage]
        return left_s

    @property
    def share(self) -> float:
        """Share of the whole done, by what each stage took the last time, else all alike."""
        if self.stage not in self._stages:
            return 0.0
        known = all(stage in self._expected_s for stage in self._stages)
        size = {stage: self._expected_s[stage] if known else 1.0 for stage in self._stages}
        before = self._stages[: self._stages.index(self.stage)]
        done = sum(size[stage] for stage in before) + self.stage_share * size[self.stage]
        return min(done / (sum(size.values()) or 1.0), 1.0)

    def _close(self) -> None:
        if self.stage:
            self.taken_s[self.stage] = self.taken_s.get(self.stage, 0.0) + self._now() - self._began

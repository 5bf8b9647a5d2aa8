"""Threads as a crew: pieces of an area too large for one raster, on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from coverage.prediction import Keeper, Piece

Found = TypeVar("Found")


class ThreadCrew:
    """Pieces worked on by threads of this process, each by one."""

    def __init__(self, threads: int | None, keeper: Keeper | None = None) -> None:
        self._threads = threads or os.cpu_count() or 1
        self._keeper = keeper

    def results(
        self,
        work: Callable[[Piece, Keeper | None], Found],
        pieces: Iterable[Callable[[], Piece]],
    ) -> Iterator[tuple[int, Found]]:
        """Yield the number of each piece and what came of it, as they are done."""
        waiting = enumerate(pieces)
        under_way: dict[Future[Found], int] = {}
        with ThreadPoolExecutor(max_workers=self._threads) as pool:
            while True:
                while len(under_way) < self._threads and (following := next(waiting, None)):
                    number, cut = following
                    under_way[pool.submit(self._one, work, cut)] = number
                if not under_way:
                    return
                for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                    yield under_way.pop(done), done.result()

    def _one(
        self, work: Callable[[Piece, Keeper | None], Found], cut: Callable[[], Piece]
    ) -> Found:
        return work(cut(), self._keeper)

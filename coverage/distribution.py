"""Pieces of a prediction worked on by a Dask cluster.

Each piece travels with its window of terrain, so workers need no disk in common with this machine;
they keep path loss in a store of their own (`PHUSONG_CACHE` where they run). Only so many pieces
are under way as keep the workers busy, so neither this machine nor the scheduler holds them all. A
piece whose worker dies is worked on again by another.

Dask sends functions and data as pickles among client, scheduler and workers: whoever can reach the
scheduler can run code on all of them. It belongs in a trusted network, or behind TLS.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import dask
from distributed import Client, Future, KilledWorker, Security, wait

from coverage import __version__
from coverage.errors import CoverageError
from coverage.io.store import Store, default_folder
from coverage.prediction import CODE_DIGEST, Keeper, Piece
from coverage.text import Text

Found = TypeVar("Found")

CONNECT_S: Final = 20.0
ALONE_S: Final = 60.0
"""So long a cluster may be without any worker, say while they start anew."""
_LOOK_S: Final = 1.0
_SCHEMES: Final = ("tcp://", "tls://", "ws://", "wss://")
_WAITING_EACH: Final = 1
"""Pieces that wait behind each one at work."""
_SETTINGS: Final = {
    "distributed.admin.large-graph-warning-threshold": "256MB",  # a window of terrain is meant
    "distributed.scheduler.allowed-failures": 3,
}
_LOG: Final = logging.getLogger(__name__)


class ClusterError(CoverageError):
    """A cluster that cannot be reached, does not fit, or has gone."""


@contextmanager
def cluster(
    address: str, *, security: Security | None = None, alone_s: float = ALONE_S
) -> Iterator[ClusterCrew]:
    """Give the crew of a running cluster.

    Parameters
    ----------
    address
        Of the scheduler, such as `tcp://10.0.0.1:8786` or `tls://…`.
    security
        Certificates for TLS; None takes those of Dask's own settings (`DASK_DISTRIBUTED__COMM__…`).
    alone_s
        How long to wait for a worker where there is none.

    Raises
    ------
    ClusterError
        Where the address is none, the scheduler does not answer, or runs other versions than this
        machine.
    """
    if not address.startswith(_SCHEMES):
        raise ClusterError(
            Text(
                f"Địa chỉ bộ điều phối “{address}” không hợp lệ; viết như tcp://10.0.0.1:8786.",
                f"The address of the scheduler {address!r} is not valid; write tcp://10.0.0.1:8786.",
            )
        )
    with dask.config.set(_SETTINGS):
        try:
            client = Client(address, timeout=CONNECT_S, security=security, set_as_default=False)
        except (TimeoutError, OSError, ValueError, TypeError) as error:
            raise ClusterError(
                Text(
                    f"Không nối được với bộ điều phối {address} ({_short(error)}). Kiểm tra địa "
                    "chỉ, tường lửa, và `dask scheduler` có đang chạy không.",
                    f"The scheduler {address} cannot be reached ({_short(error)}). Check the "
                    "address, the firewall, and that `dask scheduler` runs.",
                )
            ) from error
        try:
            crew = ClusterCrew(client, address, alone_s=alone_s)
            crew.require_same_versions()
            yield crew
        finally:
            with suppress(OSError):
                client.close(timeout=5)


class ClusterCrew:
    """Workers of a Dask cluster."""

    def __init__(self, client: Client, address: str, *, alone_s: float = ALONE_S) -> None:
        self._client = client
        self._address = address
        self._alone_s = alone_s
        self._seen = time.monotonic()

    def results(
        self,
        work: Callable[[Piece, Keeper | None], Found],
        pieces: Iterable[Callable[[], Piece]],
    ) -> Iterator[tuple[int, Found]]:
        """Yield the number of each piece and what came of it, as they are done.

        Raises
        ------
        ClusterError
            Where there is no worker for too long, or a piece has ended several of them.
        """
        waiting = enumerate(pieces)
        under_way: dict[Future[Any], int] = {}
        self._seen = time.monotonic()
        try:
            while True:
                room = max(1, self._require_threads() * (1 + _WAITING_EACH)) - len(under_way)
                for number, cut in _some(waiting, room):
                    under_way[self._sent(work, cut(), number)] = number
                if not under_way:
                    return
                for future in self._finished(under_way):
                    yield under_way.pop(future), self._result(future)
        finally:
            for future in under_way:
                with suppress(OSError):
                    future.cancel(force=True)

    def require_same_versions(self) -> None:
        """Refuse a cluster whose Python, libraries or own code are not those of this machine.

        Workers that come later are checked with each piece they take.
        """
        self._require_threads(wait=True)
        try:
            told = self._client.run(_versions, on_error="return")
        except (TimeoutError, OSError) as error:
            raise self._gone() from error
        own = _versions()
        for worker, theirs in sorted(told.items()):
            if theirs == own:
                continue
            what = _differing(own, theirs)
            raise ClusterError(
                Text(
                    f"Máy tính toán {worker} khác phiên bản với máy này: {what}. Hãy cài cùng "
                    "`requirements.txt` và cùng mã nguồn trên mọi máy, rồi khởi động lại "
                    "`dask worker`.",
                    f"The worker {worker} has other versions than this machine: {what}. Install "
                    "the same `requirements.txt` and the same code on every machine, and start "
                    "`dask worker` anew.",
                )
            )

    def _sent(self, work: Callable[..., Any], piece: Piece, number: int) -> Future[Any]:
        """Send a piece; it travels inside its task, so that any worker can take it over."""
        return self._client.submit(
            _worked_on,
            work,
            piece,
            key=f"{work.__name__}-{number}-{time.monotonic_ns()}",
            pure=False,
        )

    def _finished(self, under_way: Iterable[Future[Any]]) -> list[Future[Any]]:
        """Wait until some piece is done, as long as there are workers."""
        while True:
            try:
                with self._client.as_current():
                    ended = wait(list(under_way), timeout=_LOOK_S, return_when="FIRST_COMPLETED")
            except TimeoutError:
                self._require_threads()
                continue
            except CancelledError as error:
                raise self._gone() from error
            return sorted(ended.done, key=lambda future: str(future.key))

    def _result(self, future: Future[Any]) -> Any:
        try:
            return future.result()
        except KilledWorker as error:
            raise ClusterError(
                Text(
                    "Một phần việc đã làm dừng nhiều máy tính toán, có lẽ vì thiếu bộ nhớ; hãy cho "
                    "mỗi máy ít nhất 2 GiB (`--memory-limit`).",
                    "A piece of the work has ended several workers, probably for want of memory; "
                    "give each of them 2 GiB at least (`--memory-limit`).",
                )
            ) from error
        except (OSError, CancelledError) as error:
            raise self._gone() from error
        finally:
            future.release()

    def _require_threads(self, *, wait: bool = False) -> int:
        """Return how many threads work; raise where there has been none for too long."""
        while True:
            if self._client.status not in {"running", "connecting"}:
                raise self._gone()
            with suppress(OSError):
                threads = int(sum(self._client.nthreads().values()))
                if threads:
                    self._seen = time.monotonic()
                    return threads
            if time.monotonic() - self._seen > self._alone_s:
                raise self._gone()
            if not wait:
                return 0
            time.sleep(_LOOK_S)

    def _gone(self) -> ClusterError:
        return ClusterError(
            Text(
                f"Cụm {self._address} không còn máy tính toán nào. Hãy khởi động `dask worker` rồi "
                "chạy lại; phần đã tính còn trong bộ nhớ đệm của các máy đó.",
                f"The cluster {self._address} has no workers left. Start `dask worker` and run "
                "again; what was computed is still in the caches of those machines.",
            )
        )


def _worked_on(work: Callable[[Piece, Keeper | None], Found], piece: Piece) -> Found:
    """Work on a piece where a worker is."""
    return work(piece, Store(default_folder()))


def _versions() -> dict[str, str]:
    """Return what must be equal everywhere for results to be."""
    import platform  # noqa: PLC0415 - runs on the workers
    from importlib.metadata import version  # noqa: PLC0415

    python = ".".join(platform.python_version_tuple()[:2])
    named = {name: version(name) for name in ("numpy", "numba", "pydantic", "distributed")}
    return {"phusong": __version__, "code": CODE_DIGEST[:12], "python": python, **named}


def _differing(own: dict[str, str], theirs: object) -> str:
    if not isinstance(theirs, dict):
        return _short(theirs)
    return ", ".join(
        f"{name} {theirs.get(name)} ≠ {own[name]}" for name in own if theirs.get(name) != own[name]
    )


def _short(error: object) -> str:
    text = str(error) or type(error).__name__
    return text.splitlines()[0][:200]


def _some(items: Iterator[tuple[int, Any]], count: int) -> Iterator[tuple[int, Any]]:
    for _ in range(count):
        found = next(items, None)
        if found is None:
            return
        yield found

"""One file over HTTP: resumed where it broke, checked, kept, and whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urljoin, urlsplit

import requests

from coverage.errors import CoverageError
from coverage.fetch.services import DownloadRules
from coverage.io.files import sha256_of
from coverage.text import Text

_BLOCK: Final = 1 << 16
_SHOWN: Final = 120  # characters of an address in a message; that of a query is long
_MOST_REDIRECTS: Final = 5
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes after which the same request may succeed."""
_NOT_THERE: Final = frozenset({404, 410})
_REFUSED: Final = frozenset({401, 403})
_MD5_TAG: Final = re.compile(r'"([0-9a-f]{32})"')
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_LFS_POINTER: Final = b"version https://git-lfs"


class FetchError(CoverageError):
    """Something that could not be fetched."""

    exit_code = 4


class AbsentError(FetchError):
    """The service says that there is no such thing."""


class _BrokenError(Exception):
    """An attempt that failed and may be repeated, after `wait_s` if the service asked for it."""

    def __init__(self, why: Text, wait_s: float | None = None) -> None:
        super().__init__(why.en)
        self.why, self.wait_s = why, wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that was fetched: where it lies, and where and when it came from (no token in it)."""

    path: Path
    url: str
    sha256: str
    size_bytes: int
    date: str
    from_cache: bool


class Downloader:
    """Files by their address, kept in a folder.

    Parameters
    ----------
    folder
        Where finished and unfinished files are kept.
    rules
        Time-outs, attempts and sizes.
    refresh
        Ask again for what is kept. A file broken off half-way is resumed all the same.
    sleep
        Waits the given seconds.
    """

    def __init__(
        self,
        folder: Path,
        rules: DownloadRules,
        *,
        refresh: bool = False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._refresh = refresh
        self._sleep = sleep
        self._session = requests.Session()
        self._session.auth = _no_login
        self._session.headers.update(
            {"User-Agent": rules.user_agent, "Accept-Encoding": "identity"}
        )

    def get(
        self,
        url: str,
        *,
        token: str = "",
        check: Callable[[Path], None] | None = None,
        md5_in_etag: bool = False,
    ) -> Fetched:
        """Return the file at `url`, kept or fetched now.

        Parameters
        ----------
        url
            An https address; http only to this machine itself. `{token}` in it is replaced for the
            request alone and stands in no message, file name or record.
        token
            The user's token.
        check
            Raises FetchError where the content is not what was wanted; such a file is not kept.
        md5_in_etag
            The service gives the MD5 of the content as its ETag, as Amazon S3 does for files
            uploaded in one piece; it is verified.

        Raises
        ------
        AbsentError
            Where there is no such file (404).
        FetchError
            Where it cannot be had; what arrived stays, and the next call goes on from there.
        """
        kept = None if self._refresh else self._kept(url)
        if kept is not None:
            return kept
        self._folder.mkdir(parents=True, exist_ok=True)
        begun, last = time.monotonic(), Text("", "")
        for attempt in range(self._rules.attempts):
            try:
                return self._attempt(url, token, check, begun, md5_in_etag=md5_in_etag)
            except _BrokenError as broken:
                last = broken.why
                wait = self._rules.backoff_s * 2**attempt
                wait = wait if broken.wait_s is None else max(broken.wait_s, wait)
            left = self._rules.total_timeout_s - (time.monotonic() - begun)
            if wait > min(self._rules.max_wait_s, left) or attempt + 1 == self._rules.attempts:
                break
            self._sleep(wait)
        raise _error(url, last)

    def _attempt(
        self,
        url: str,
        token: str,
        check: Callable[[Path], None] | None,
        begun: float,
        *,
        md5_in_etag: bool,
    ) -> Fetched:
        part, notes = self._path(url, ".part"), self._path(url, ".part.json")
        already = part.stat().st_size if part.exists() else 0
        tag = str(_read_json(notes).get("etag", ""))
        already = already if tag else 0
        try:
            with self._open(url, token, already, tag) as answer:
                etag = self._transfer(answer, url, part, notes, already=already, begun=begun)
        except requests.RequestException as error:
            why = type(error).__name__  # its text may hold the address with the token
            raise _BrokenError(
                Text(f"đường truyền bị ngắt ({why})", f"the connection broke ({why})")
            ) from None
        if md5_in_etag and (stated := _MD5_TAG.fullmatch(etag)) and _md5(part) != stated[1]:
            _forget(part, notes)
            raise _BrokenError(
                Text("mã kiểm tra MD5 không khớp", "its MD5 checksum does not match")
            )
        try:
            if check is not None:
                check(part)
        except CoverageError:
            _forget(part, notes)
            raise
        return self._keep(url, part, notes)

    def _open(self, url: str, token: str, already: int, tag: str) -> requests.Response:
        """Ask for the file, from byte `already` on, following redirects to safe addresses only."""
        headers = {"Range": f"bytes={already}-", "If-Range": tag} if already else {}
        address = url.replace("{token}", quote(token, safe=""))
        _require_safe(address, url, to_itself=_is_this_machine(address))
        here = _is_this_machine(address)
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._session.get(
                address,
                headers=headers,
                stream=True,
                allow_redirects=False,
                timeout=(self._rules.connect_timeout_s, self._rules.read_timeout_s),
            )
            if answer.status_code not in _REDIRECTS:
                return answer
            address = urljoin(address, answer.headers.get("Location", ""))
            answer.close()
            _require_safe(address, url, to_itself=here)
        raise _error(url, Text("chuyển hướng quá nhiều lần", "it redirects too often"))

    def _transfer(
        self,
        answer: requests.Response,
        url: str,
        part: Path,
        notes: Path,
        *,
        already: int,
        begun: float,
    ) -> str:
        """Write the body to the part file; return the ETag."""
        start, total = self._place(answer, url, part, notes, already)
        if total is not None and total > self._rules.max_bytes:
            raise self._too_large(url)
        etag = answer.headers.get("ETag", "")
        resumable = etag if etag.startswith('"') else answer.headers.get("Last-Modified", "")
        notes.write_text(json.dumps({"etag": resumable}), encoding="utf-8")
        size = start
        with part.open("r+b" if start else "wb") as stream:
            stream.seek(start)
            stream.truncate()
            for block in answer.iter_content(_BLOCK):
                size += len(block)
                if size > self._rules.max_bytes:
                    stream.close()
                    _forget(part, notes)
                    raise self._too_large(url)
                stream.write(block)
                if time.monotonic() - begun > self._rules.total_timeout_s:
                    raise _error(
                        url, Text("quá thời gian cho phép", "it takes longer than allowed")
                    )
        if total is not None and size != total:
            raise _BrokenError(
                Text(f"mới nhận {size} trong {total} byte", f"{size} of {total} bytes have arrived")
            )
        return etag

    def _place(
        self, answer: requests.Response, url: str, part: Path, notes: Path, already: int
    ) -> tuple[int, int | None]:
        """Return the byte at which the body starts, and the length of the whole file if known."""
        status = answer.status_code
        if status == requests.codes.ok:
            length = answer.headers.get("Content-Length", "")
            return 0, int(length) if length.isdecimal() else None
        if status == requests.codes.partial_content and already:
            found = _CONTENT_RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if found and int(found[1]) == already:
                return already, None if found[3] == "*" else int(found[3])
        if status in {requests.codes.partial_content, 416}:
            _forget(part, notes)
            raise _BrokenError(
                Text("máy chủ không tiếp tục được tệp dở", "the server cannot go on with the file")
            )
        if status in _PASSING:
            raise _BrokenError(
                Text(f"máy chủ bận (HTTP {status})", f"the service is busy (HTTP {status})"),
                _retry_after_s(answer.headers.get("Retry-After", "")),
            )
        if status in _REFUSED:
            raise _error(
                url,
                Text(
                    f"máy chủ từ chối (HTTP {status}); kiểm tra mã truy cập (token)",
                    f"the service refuses (HTTP {status}); check the token",
                ),
            )
        if status in _NOT_THERE:
            raise AbsentError(
                Text(f"Không có {url} (HTTP {status}).", f"There is no {url} (HTTP {status}).")
            )
        raise _error(url, Text(f"máy chủ trả lời HTTP {status}", f"it answers HTTP {status}"))

    def _too_large(self, url: str) -> FetchError:
        limit = self._rules.max_bytes
        return _error(
            url, Text(f"tệp lớn hơn {limit} byte cho phép", f"it is larger than {limit} bytes")
        )

    def _path(self, url: str, ending: str) -> Path:
        return self._folder / (hashlib.sha256(url.encode()).hexdigest()[:32] + ending)

    def _kept(self, url: str) -> Fetched | None:
        path, record = self._path(url, ".data"), _read_json(self._path(url, ".json"))
        try:
            age = datetime.now(UTC) - datetime.fromisoformat(record["date"])
            if age > timedelta(days=self._rules.max_age_days):
                return None
            if sha256_of(path) != record["sha256"]:
                return None
            return Fetched(
                path=path,
                url=url,
                sha256=record["sha256"],
                size_bytes=path.stat().st_size,
                date=record["date"],
                from_cache=True,
            )
        except (OSError, KeyError, TypeError, ValueError):
            return None

    def _keep(self, url: str, part: Path, notes: Path) -> Fetched:
        path = self._path(url, ".data")
        date, digest = datetime.now(UTC).isoformat(timespec="seconds"), sha256_of(part)
        part.replace(path)
        record = {"url": url, "date": date, "sha256": digest}
        self._path(url, ".json").write_text(json.dumps(record), encoding="utf-8")
        notes.unlink(missing_ok=True)
        return Fetched(
            path=path,
            url=url,
            sha256=digest,
            size_bytes=path.stat().st_size,
            date=date,
            from_cache=False,
        )


def read_json(path: Path, what: str) -> Any:
    """Return the JSON in a fetched file.

    Raises
    ------
    FetchError
        Where it holds something else, such as the HTML page of a proxy.
    """
    content = path.read_bytes()
    try:
        return json.loads(content)
    except ValueError:
        head = content[:200].lstrip().lower()
        if head.startswith(_LFS_POINTER):
            kind = Text("con trỏ Git LFS", "a Git LFS pointer")
        elif head.startswith(b"<"):
            kind = Text("một trang HTML", "an HTML page")
        else:
            kind = Text("thứ khác", "something else")
        raise FetchError(
            Text(
                f"{what}: máy chủ trả về {kind.vi} thay vì JSON.",
                f"{what}: the service sent {kind.en} instead of JSON.",
            )
        ) from None


def secure(url: str) -> str:
    """Return the https form of a public address that a service still gives as http."""
    if url.startswith("http://") and not _is_this_machine(url):
        return "https://" + url.removeprefix("http://")
    return url


def _error(url: str, why: Text) -> FetchError:
    shown = url if len(url) <= _SHOWN else url[:_SHOWN] + "…"
    return FetchError(
        Text(f"Không tải được {shown}: {why.vi}.", f"{shown} cannot be fetched: {why.en}.")
    )


def _require_safe(address: str, url: str, *, to_itself: bool) -> None:
    """Allow https, and http only where the first request already went to this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname and not _is_this_machine(address):
        return
    if to_itself and parts.scheme in {"http", "https"} and _is_this_machine(address):
        return
    where = f"{parts.scheme}://{parts.hostname or ''}"
    raise _error(
        url,
        Text(
            f"chỉ dùng https, không dùng {where}", f"only https is followed, which {where} is not"
        ),
    )


def _is_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _retry_after_s(value: str) -> float | None:
    """Return the seconds of a Retry-After header, which gives seconds or a date."""
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send no password from the user's .netrc."""
    return request


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _forget(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)

"""One file over HTTP against a server on this machine that fails in every way we know of."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from coverage.fetch.download import AbsentError, Downloader, FetchError, read_json
from tests.fetch.loopback import Fault, Services

BLOCK = 65_536  # only whole blocks are kept of a broken transfer
BODY = bytes(range(256)) * 2000
Make = Callable[..., Downloader]


@pytest.fixture
def url(server: Services) -> str:
    server.bodies["/file"] = BODY
    return f"{server.url}/file"


def test_a_file_is_fetched_once_and_then_kept(server: Services, url: str, downloader: Make) -> None:
    first, second = downloader().get(url), downloader().get(url)
    assert first.path.read_bytes() == BODY
    assert first.sha256 == hashlib.sha256(BODY).hexdigest()
    assert (first.from_cache, second.from_cache) == (False, True)
    assert len(server.asked) == 1
    assert not downloader(refresh=True).get(url).from_cache
    assert not downloader(max_age_days=0.0).get(url).from_cache


def test_a_kept_file_that_was_damaged_is_fetched_anew(
    server: Services, url: str, downloader: Make
) -> None:
    downloader().get(url).path.write_bytes(b"damaged")
    assert downloader().get(url).path.read_bytes() == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(429, {"Retry-After": "0"}),
        Fault(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}),
        Fault(504),
        Fault(hang_s=0.8),
        Fault(etag='"' + "0" * 32 + '"'),  # its MD5 will not match
    ],
    ids=["429", "503", "504", "hangs", "checksum"],
)
def test_a_passing_failure_is_tried_again(
    server: Services, url: str, downloader: Make, fault: Fault
) -> None:
    server.faults["/file"] = [fault]
    assert downloader().get(url, md5_in_etag=True).path.read_bytes() == BODY
    assert len(server.asked) == 2


def test_retry_after_is_honoured(server: Services, url: str, downloader: Make) -> None:
    server.faults["/file"] = [Fault(429, {"Retry-After": "1"})]
    begun = time.monotonic()
    downloader(max_wait_s=3.0).get(url)
    assert time.monotonic() - begun >= 1.0


def test_a_long_retry_after_ends_the_attempt(server: Services, url: str, downloader: Make) -> None:
    server.faults["/file"] = [Fault(429, {"Retry-After": "3600"})]
    with pytest.raises(FetchError, match="429"):
        downloader().get(url)
    assert len(server.asked) == 1


def test_a_truncated_body_is_resumed_where_it_broke(
    server: Services, url: str, downloader: Make
) -> None:
    server.faults["/file"] = [Fault(stop_after=200_000), Fault(stop_after=100_000)]
    assert downloader().get(url).path.read_bytes() == BODY
    asked = [one.headers.get("Range") for one in server.asked]
    assert asked == [None, f"bytes={3 * BLOCK}-", f"bytes={4 * BLOCK}-"]


def test_a_later_run_resumes_too(server: Services, url: str, downloader: Make) -> None:
    server.faults["/file"] = [Fault(stop_after=200_000)]
    with pytest.raises(FetchError, match=r"200000|broke"):
        downloader(attempts=1).get(url)
    assert downloader(attempts=1).get(url).path.read_bytes() == BODY
    assert server.asked[-1].headers["Range"] == f"bytes={3 * BLOCK}-"


def test_a_file_that_changed_meanwhile_starts_anew(
    server: Services, url: str, downloader: Make
) -> None:
    server.faults["/file"] = [Fault(stop_after=200_000)]
    with pytest.raises(FetchError):
        downloader(attempts=1).get(url)
    server.bodies["/file"] = other = BODY[::-1]
    assert downloader(attempts=1).get(url).path.read_bytes() == other


def test_a_lasting_wrong_checksum_is_an_error_and_leaves_nothing(
    server: Services, url: str, downloader: Make, tmp_path: Path
) -> None:
    server.faults["/file"] = [Fault(etag='"' + "0" * 32 + '"') for _ in range(4)]
    with pytest.raises(FetchError, match="MD5"):
        downloader().get(url, md5_in_etag=True)
    assert not list((tmp_path / "cache").iterdir())


def test_what_is_not_there_is_absent_at_once(server: Services, downloader: Make) -> None:
    with pytest.raises(AbsentError, match="404"):
        downloader().get(f"{server.url}/nothing")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "fault",
    [Fault(body=b"x", headers={"Content-Length": str(10**12)}), Fault()],
    ids=["stated", "sent"],
)
def test_a_file_beyond_the_limit_is_refused(
    server: Services, url: str, downloader: Make, fault: Fault
) -> None:
    server.faults["/file"] = [fault]
    with pytest.raises(FetchError, match="larger than 100000 bytes"):
        downloader(max_bytes=100_000).get(url)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "http://example.com/x", "ftp://127.0.0.1/x", ""]
)
def test_a_redirect_to_anything_unsafe_is_refused(
    server: Services, url: str, downloader: Make, target: str
) -> None:
    server.faults["/file"] = [Fault(302, {"Location": target}) for _ in range(9)]
    with pytest.raises(FetchError, match=r"https|redirects too often"):
        downloader().get(url)


def test_a_redirect_on_the_same_machine_is_followed(
    server: Services, url: str, downloader: Make
) -> None:
    server.faults["/moved"] = [Fault(302, {"Location": "/file"})]
    assert downloader().get(f"{server.url}/moved").path.read_bytes() == BODY
    assert len(server.asked) == 2
    assert url.endswith("/file")


@pytest.mark.parametrize("address", ["http://example.com/a", "file:///etc/passwd", "ftp://a/b"])
def test_only_https_is_asked(downloader: Make, address: str) -> None:
    with pytest.raises(FetchError, match="https"):
        downloader().get(address)


def test_the_token_goes_to_the_service_and_nowhere_else(
    server: Services, downloader: Make, tmp_path: Path
) -> None:
    server.token = "secret/&token"  # noqa: S105
    server.bodies["/cells"] = b"data"
    url = server.url + "/cells?token={token}"
    assert downloader().get(url, token=server.token).path.read_bytes() == b"data"
    assert server.asked[0].query == {"token": [server.token]}
    server.faults["/cells"] = [Fault(stop_after=1) for _ in range(4)]
    with pytest.raises(FetchError) as broken:
        downloader(refresh=True).get(url, token=server.token)
    with pytest.raises(FetchError, match="401") as refused:
        downloader(refresh=True).get(url, token="wrong-token")  # noqa: S106
    written = "".join(p.read_text("utf-8", "replace") for p in (tmp_path / "cache").iterdir())
    for text in (str(broken.value), str(refused.value), written):
        assert "secret" not in text
        assert "wrong-token" not in text


def test_html_in_place_of_json_is_told(server: Services, downloader: Make) -> None:
    server.bodies["/api"] = b"<html>Welcome to the hotel</html>"
    with pytest.raises(FetchError, match="an HTML page"):
        downloader().get(f"{server.url}/api", check=lambda path: read_json(path, "x") and None)
    server.bodies["/api"] = b"{}"
    assert not downloader().get(f"{server.url}/api").from_cache

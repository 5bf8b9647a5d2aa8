"""A small OpenID Connect provider on loopback: discovery, consent, code with PKCE, signed tokens.

It follows OpenID Connect Core 1.0 as far as a relying party sees it, and refuses what is wrong:
another client, another redirect address, a code used twice, a missing or false verifier.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "phusong", "a secret of the tests"
Claims = Mapping[str, Any]


@dataclass
class Provider:
    """People by name, with what the provider says of each."""

    people: Mapping[str, Claims]
    redirect_uri: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k"}))
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    issuer: str = ""

    @property
    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def consent(self, asked: dict[str, str]) -> str:
        """Page on which a person says who they are."""
        assert asked["client_id"] == CLIENT
        assert asked["redirect_uri"] == self.redirect_uri
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert {"openid", "email"} <= set(asked["scope"].split())
        links = []
        for name in self.people:
            code = secrets.token_urlsafe()
            self.codes[code] = {**asked, "name": name}
            back = f"{self.redirect_uri}?{urlencode({'code': code, 'state': asked['state']})}"
            links.append(f'<p><a href="{html.escape(back)}">{html.escape(name)}</a></p>')
        return f"<!doctype html><title>Provider</title><h1>Provider</h1>{''.join(links)}"

    def tokens(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Give tokens for a code, once."""
        if authorization:
            told = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            client, _, secret = told.partition(":")
        else:
            client, secret = form["client_id"], form["client_secret"]
        assert (client, secret.replace("+", " ").replace("%20", " ")) == (CLIENT, SECRET)
        asked = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": asked["name"],
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.people[asked["name"]],
        }
        return {
            "access_token": secrets.token_urlsafe(),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": jwt.encode({"alg": "RS256", "kid": "k"}, claims, self.key),
        }


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """Serve a provider for the time of a block; yields the address of its metadata."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            if asked.path == "/.well-known/openid-configuration":
                self._json(provider.metadata)
            elif asked.path == "/keys":
                self._json({"keys": [provider.key.as_dict(private=False)]})
            elif asked.path == "/authorize":
                page = provider.consent({k: v[0] for k, v in parse_qs(asked.query).items()})
                self._answer(page.encode(), "text/html; charset=utf-8")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {k: v[0] for k, v in parse_qs(body).items()}
            self._json(provider.tokens(form, self.headers.get("Authorization", "")))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def _json(self, content: Any) -> None:
            self._answer(json.dumps(content).encode(), "application/json")

        def _answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"{provider.issuer}/.well-known/openid-configuration"
    finally:
        server.shutdown()
        server.server_close()

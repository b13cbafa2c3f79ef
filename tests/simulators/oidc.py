"""An OpenID provider over real HTTP, which behaves, or misbehaves in one way at a time.

`Provider.person` is who is logged in at the provider. It holds clients to redirect URIs, secrets, PKCE and codes
that work once, as real ones do.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

LOGIN_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Example Login</title></head><body><main>
<h1>Example Login</h1><form method="post" action="/authorize?{query}"><button>Log in as {email}</button></form>
</main></body></html>"""


def _new_key() -> tuple[str, rsa.RSAPrivateKey]:
    return secrets.token_hex(4), rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """Start it with `with Provider() as provider`; `lies` names what is wrong with what it says."""

    def __init__(self) -> None:
        self.clients: dict[str, tuple[str, set[str]]] = {}
        self.person = {"sub": "ada-1", "email": "ada@acme.test", "email_verified": True, "name": "Ada"}
        self.lies = ""
        self.asks = False
        self.key = _new_key()
        self.codes: dict[str, dict[str, Any]] = {}
        self.seen: list[str] = []

    def __enter__(self) -> "Provider":
        handler = type("Bound", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def register(self, client_id: str, secret: str, *redirect_uris: str) -> None:
        self.clients[client_id] = (secret, set(redirect_uris))

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.key = _new_key()

    def configuration(self) -> dict[str, Any]:
        found = {
            "issuer": f"{self.issuer}/other" if self.lies == "issuer of discovery" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }
        if self.lies == "secret in the body":
            found["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        return found

    def jwks(self) -> dict[str, Any]:
        kid, key = self.key
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        return {"keys": [{**public, "kid": kid, "use": "sig", "alg": "RS256"}]}

    def id_token(self, given: dict[str, Any]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": given["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": given.get("nonce", ""),
            **self.person,
        }
        false: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://elsewhere.test"},
            "audience": {"aud": "another-client"},
            "party": {"aud": [given["client_id"], "another"], "azp": "another"},
            "expired": {"iat": now - 900, "exp": now - 600},
            "nonce": {"nonce": "of-another-login"},
            "nobody": {"sub": ""},
        }
        claims |= false.get(self.lies, {})
        if self.lies in {"thin", "userinfo of another"}:
            claims = {name: value for name, value in claims.items() if not name.startswith(("email", "name"))}
        kid, key = self.key
        if self.lies == "unsigned":
            return jwt.encode(claims, "", algorithm="none", headers={"kid": kid})
        if self.lies == "shared secret":
            secret = self.clients[given["client_id"]][0].ljust(32, "-")
            return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": kid})
        if self.lies == "signature":
            key = _new_key()[1]
        if self.lies == "key":
            kid = "another"
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})

    def token(self, form: dict[str, str], basic: str) -> tuple[int, Any]:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if basic:
            client_id, _, secret = base64.b64decode(basic).decode().partition(":")
        given = self.codes.pop(form.get("code", ""), None)
        if self.clients.get(client_id, ("", ()))[0] != secret:
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if given is None or given["client_id"] != client_id:
            return 400, {"error": "invalid_grant"}
        if given["redirect_uri"] != form.get("redirect_uri") or given["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        answer = {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 300}
        if self.lies == "no token":
            return 200, answer
        if self.lies == "rubbish":
            return 200, ["rubbish"]
        return 200, {**answer, "id_token": self.id_token(given)}


class _Handler(BaseHTTPRequestHandler):
    provider: Provider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.provider.seen.append(f"GET {path}")
        answers = {
            "/.well-known/openid-configuration": lambda: self._json(200, self.provider.configuration()),
            "/jwks": lambda: self._json(200, self.provider.jwks()),
            "/userinfo": self._userinfo,
            "/authorize": self._login if self.provider.asks else self._authorize,
            "/moved": lambda: self._redirect(f"{self.provider.issuer}/.well-known/openid-configuration"),
            "/favicon.ico": lambda: self._send(200, b"", "image/x-icon"),
        }
        answers.get(path, lambda: self._json(404, {}))()

    def _userinfo(self) -> None:
        other = {"sub": "somebody-else"} if self.provider.lies == "userinfo of another" else {}
        self._json(200, {**self.provider.person, **other})

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        self.provider.seen.append(f"POST {path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if path == "/authorize":
            return self._authorize()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        basic = self.headers.get("Authorization", "").removeprefix("Basic ")
        return self._json(*self.provider.token(form, basic))

    def _asked(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _login(self) -> None:
        query = urlsplit(self.path).query.replace("&", "&amp;")
        page = LOGIN_PAGE.format(query=query, email=self.provider.person["email"])
        self._send(200, page.encode(), "text/html; charset=utf-8")

    def _authorize(self) -> None:
        asked = self._asked()
        registered = self.provider.clients.get(asked.get("client_id", ""), ("", set()))[1]
        wanted = {"response_type": "code", "code_challenge_method": "S256"}
        if asked.get("redirect_uri") not in registered or not wanted.items() <= asked.items():
            return self._json(400, {"error": "invalid_request"})
        if "openid" not in asked.get("scope", "").split():
            return self._json(400, {"error": "invalid_scope"})
        if self.provider.lies == "denied":
            answer = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_hex(8)
            self.provider.codes[code] = asked
            answer = {"code": code, "state": asked["state"]}
        return self._redirect(f"{asked['redirect_uri']}?{urlencode(answer, quote_via=quote)}")

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        if self.provider.lies != "no type":
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests read `seen`."""

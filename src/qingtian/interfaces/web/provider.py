"""A provider of identities by OpenID Connect: discovery, code with PKCE, what makes a token believed."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qingtian.domain.errors import ConfigurationError, NotPermitted, Unavailable
from qingtian.runtime.settings import Settings

TIMEOUT_S = 10
LARGEST_ANSWER = 1024 * 1024
KEPT_S = 600.0  # documents of the provider are asked for again after so long
LEEWAY_S = 60  # for clocks that differ
# Signatures with a public key only: with a shared secret whoever knows it could vouch for anybody.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
SECOND_FACTORS = frozenset({"mfa", "otp", "hwk", "swk", "sms", "pop", "fpt", "face", "iris"})  # RFC 8176


@dataclass(frozen=True, slots=True)
class Asked:
    """What one sign-in must come back with.

    Args:
        redirect_uri: address that the provider sends the browser back to.
        verifier: secret of this sign-in (PKCE, RFC 7636).
        nonce: must stand in the token (OpenID Connect Core 3.1.2.1).
    """

    redirect_uri: str
    state: str
    nonce: str
    verifier: str


class Provider:
    """The provider that the settings name.

    Args:
        settings: `oidc_issuer` and what goes with it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._context = ssl.create_default_context(cafile=settings.oidc_ca_file) if _secure(settings) else None

    def address_for(self, asked: Asked) -> str:
        """Where the browser goes to sign in.

        Raises:
            Unavailable: the provider does not answer.
        """
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": asked.redirect_uri,
            "scope": " ".join(self._settings.oidc_scopes),
            "state": asked.state,
            "nonce": asked.nonce,
            "code_challenge": challenge(asked.verifier),
            "code_challenge_method": "S256",
        }
        target = self._document()["authorization_endpoint"]
        return f"{target}{'&' if '?' in target else '?'}{urllib.parse.urlencode(query)}"

    def claims_for(self, asked: Asked, code: str) -> dict[str, Any]:
        """What the provider says of the person; the token was signed by it, for us, for this sign-in.

        Raises:
            Unavailable, NotPermitted.
        """
        document = self._document()
        given = self._token(document, asked, code)
        claims = self._verified(document, str(given.get("id_token", "")), asked.nonce)
        wanted = {self._settings.oidc_name_claim, self._settings.oidc_groups_claim}
        if wanted <= set(claims) or "userinfo_endpoint" not in document or "access_token" not in given:
            return claims
        more = self._ask(document["userinfo_endpoint"], headers={"Authorization": f"Bearer {given['access_token']}"})
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2
            raise _refused("the provider told of somebody else")
        return more | claims

    def checks_issuer(self, given: str | None) -> None:
        """Refuse an answer that another provider sent (RFC 9207).

        Raises:
            NotPermitted.
        """
        if given is not None and given != self._settings.oidc_issuer:
            raise _refused("another provider answered")

    def _token(self, document: Mapping[str, Any], asked: Asked, code: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": asked.redirect_uri,
            "code_verifier": asked.verifier,
        }
        secret, headers = self._settings.oidc_client_secret, {}
        methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" in methods:
            pair = ":".join(urllib.parse.quote(one, safe="") for one in (self._settings.oidc_client_id, secret))
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._settings.oidc_client_id} | ({"client_secret": secret} if secret else {})
        return self._ask(document["token_endpoint"], form=form, headers=headers)

    def _verified(self, document: Mapping[str, Any], token: str, nonce: str) -> dict[str, Any]:
        jwt = _library()
        try:
            key = self._key(document, token)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._settings.oidc_client_id,
                issuer=self._settings.oidc_issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise _refused(f"the token cannot be believed: {error}") from error
        if claims.get("nonce") != nonce:
            raise _refused("the token belongs to another sign-in")
        if claims.get("azp", self._settings.oidc_client_id) != self._settings.oidc_client_id:
            raise _refused("the token was made for somebody else")
        return claims

    def _key(self, document: Mapping[str, Any], token: str) -> Any:
        jwt = _library()
        head = jwt.get_unverified_header(token)
        wanted, algorithm = head.get("kid"), head.get("alg")
        if algorithm not in ALGORITHMS:
            raise jwt.InvalidAlgorithmError(f"{algorithm} is no signature that we believe")
        for fresh in (False, True):  # the provider may have changed its keys since we asked
            held = self._kept(document["jwks_uri"], fresh=fresh)["keys"]
            keys = [
                one for one in held if one.get("use", "sig") == "sig" and (wanted is None or one.get("kid") == wanted)
            ]
            if keys:
                return jwt.PyJWK(keys[0], algorithm=keys[0].get("alg") or algorithm)  # many providers leave it out
        raise jwt.InvalidTokenError("the provider has no such key")

    def _document(self) -> dict[str, Any]:
        found = self._kept(f"{self._settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self._settings.oidc_issuer:  # OpenID Connect Discovery 4.3
            raise ConfigurationError(
                f"the provider calls itself {found.get('issuer')}", field="oidc_issuer", remedy="write it the same way"
            )
        return found

    def _kept(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        with _lock:
            held = _documents.get(url)
        if held is not None and not fresh and time.monotonic() - held[0] <= KEPT_S:
            return held[1]
        found = self._ask(url)  # outside of the lock: a slow provider holds up nobody else
        with _lock:
            _documents[url] = (time.monotonic(), found)
        return found

    def _ask(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        if _secure(self._settings) and not url.startswith("https://"):
            raise Unavailable(
                "the provider names an address without TLS", field="oidc_issuer", remedy="tell its keeper"
            )
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310  of the settings
        try:
            with _opener(self._context).open(request, timeout=TIMEOUT_S) as answer:
                found = json.loads(answer.read(LARGEST_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(2000).decode(errors="replace")
            raise _refused(f"the provider refused: {error.code} {said}") from error
        except (OSError, ValueError) as error:
            raise Unavailable(
                "the provider of identities does not answer",
                field="oidc_issuer",
                remedy="sign in with a password, or later",
            ) from error
        if not isinstance(found, dict):
            raise Unavailable(
                "the provider does not answer in JSON objects", field="oidc_issuer", remedy="tell its keeper"
            )
        return found


def challenge(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636 4.2, and its example in appendix B).

    >>> challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def proved_second_factor(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that more than a password was asked for (RFC 8176)."""
    told = claims.get("amr", [])
    return isinstance(told, list) and bool(SECOND_FACTORS & {str(one) for one in told})


_lock = threading.Lock()
_documents: dict[str, tuple[float, dict[str, Any]]] = {}


def forget() -> None:
    """Ask the provider for its documents again."""
    with _lock:
        _documents.clear()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """A secret goes to the address that the provider named, and nowhere else."""


def _opener(context: ssl.SSLContext | None) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)


def _secure(settings: Settings) -> bool:
    return settings.oidc_issuer.startswith("https://")


def _library() -> Any:
    try:
        import jwt
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "tokens of a provider need the extra `access`", field="oidc_issuer", remedy="pip install 'qingtian[access]'"
        ) from error
    return jwt


def _refused(why: str) -> NotPermitted:
    return NotPermitted(why, field="provider", remedy="try again; if it stays so, tell the data steward")

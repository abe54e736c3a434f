"""One HTTP POST of JSON: no redirect is followed, answers are short, errors carry no address."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from qingtian.apps.notices.channels.errors import ChannelError

TIMEOUT_S = 10
MOST_ANSWER = 64 * 1024
GONE = frozenset({400, 401, 403, 404, 405, 410, 413, 422})


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))


def post_json(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Post and return what was answered.

    Raises:
        ChannelError: not reached, or another status than 2xx.
    """
    sent = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Qingtian", **headers}
    request = urllib.request.Request(url, body, sent, method="POST")  # noqa: S310  a setting that starts with http
    try:
        with _opener.open(request, timeout=TIMEOUT_S) as answer:
            return bytes(answer.read(MOST_ANSWER))
    except urllib.error.HTTPError as error:
        error.close()
        raise ChannelError(f"the other side answered {error.code}", final=error.code in GONE) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise ChannelError(f"not reached: {type(reason).__name__}") from None


def refuse_error_code(answer: bytes) -> None:
    """Group robots answer 200 with a code of their own; anything but 0 is a refusal.

    Raises:
        ChannelError: final where the code says that the address or signature is wrong.
    """
    try:
        told = json.loads(answer)
        code, text = int(told["errcode"]), str(told.get("errmsg", ""))[:200]
    except (ValueError, KeyError, TypeError):
        raise ChannelError("the other side did not answer like a group robot", final=True) from None
    if code:
        raise ChannelError(f"refused with code {code}: {text}", final=code in WRONG_ADDRESS)


WRONG_ADDRESS = frozenset({93000, 300001, 310000})  # unknown key (WeCom); unknown token, bad signature (DingTalk)

"""Pictures that the server draws: QR codes as SVG."""

from __future__ import annotations

import io


def qr_svg(text: str) -> str:
    """A QR code as an SVG document; empty where the extra `access` (segno) is not installed."""
    try:
        import segno
    except ModuleNotFoundError:
        return ""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", scale=4, border=4, xmldecl=False, light="#fff")
    return drawn.getvalue().decode()

"""One HTML and one style sheet -> one PDF: the same text gives the same bytes, and nothing is fetched from outside."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import url2pathname

from qingtian.domain.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

HOUSE_STYLE = Path(__file__).parent / "print.css"
NEEDS = "pip install 'qingtian[reports]'; on Debian also apt install libpango-1.0-0 libpangoft2-1.0-0 fonts-noto-cjk"


@dataclass(frozen=True, slots=True)
class Printed:
    """A page on paper.

    Args:
        pdf: the bytes.
        pages: how many sheets it has.
    """

    pdf: bytes
    pages: int


def render_pdf(html: str, base: Path | None = None, *, house_style: bool = True) -> bytes:
    """The PDF of a page; equal text gives equal bytes (no clock, no random number, no network).

    Give the page a `<title>`, `lang` (`zh-CN` or `en`: the foot follows it) and, for the date of the file,
    `<meta name="dcterms.created" content="2026-01-31T08:00:00+08:00">`. An element of class `print-label` (for example
    the label of simulated data) and one of class `print-head` appear at the top of every page. Rules in the page win
    over the house's sheet (`print.css`: A4, margins and fonts after GB/T 9704, page n of m, repeated table heads).

    Args:
        html: the whole page; charts as inline SVG.
        base: folder in which relative addresses of pictures and sheets lie; without it only `data:` is read.
        house_style: whether the house's sheet is put under the page's own.

    Returns:
        The bytes of the PDF.

    Raises:
        InvalidInput: the page asks for a file outside `base`, or one that is not there.
        Unavailable: the extra `reports` or the library Pango is missing.
    """
    return print_html(html, base, house_style=house_style).pdf


def print_html(html: str, base: Path | None = None, *, house_style: bool = True) -> Printed:
    """The PDF of a page and its number of pages; arguments and errors as in `render_pdf`."""
    weasyprint = _engine()
    from weasyprint.urls import FatalURLFetchingError

    sheets = [weasyprint.CSS(string=HOUSE_STYLE.read_text("utf-8"))] if house_style else []
    address = base.resolve().as_uri() + "/" if base else "data:"
    try:
        document = weasyprint.HTML(string=html, base_url=address, url_fetcher=_fetcher(base))
        laid = document.render(stylesheets=sheets, pdf_identifier=_identifier(html))
        return Printed(pdf=laid.write_pdf(), pages=len(laid.pages))
    except FatalURLFetchingError as error:
        raise InvalidInput(
            f"the page asks for a file that it may not have: {_why(error)}",
            field="html",
            remedy="put the picture into the folder of the page, or into the page as data:",
        ) from error


def _why(error: BaseException) -> str:
    """The first cause: which address, and why not."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)


def _identifier(html: str) -> bytes:
    """What tells this file from others: a hash of the text, so that it is the same each time."""
    return hashlib.sha256(html.encode()).hexdigest()[:32].encode()


def _engine() -> Any:
    """WeasyPrint, or a clear word about what is missing."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise Unavailable(f"PDF needs the extra `reports`: {error}", field="pdf", remedy=NEEDS) from error
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # seven lines a file say nothing
    return weasyprint


def _fetcher(base: Path | None) -> URLFetcher:
    """Reads `data:` and the files below one folder; anything else stops the rendering."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class FolderFetcher(URLFetcher):  # type: ignore[misc]
        """Fetcher that never leaves the folder."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            """The file at an address, when it may be read."""
            allowed = url.startswith("data:") or (base is not None and _inside(url, base))
            if not allowed:
                raise FatalURLFetchingError(f"{url} lies outside the folder of the page")
            try:
                return super().fetch(url, headers)
            except OSError as error:
                raise FatalURLFetchingError(f"{url} cannot be read: {error}") from None

    return FolderFetcher(allowed_protocols=("data", "file"), fail_on_errors=True)


def _inside(url: str, base: Path) -> bool:
    if not url.startswith("file:"):
        return False
    path = Path(url2pathname(url.split("?", maxsplit=1)[0].split("#", maxsplit=1)[0].removeprefix("file://"))).resolve()
    return path.is_relative_to(base.resolve())

"""PDF from HTML: the same bytes each time, Chinese that can be read back, nothing from outside."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qingtian.domain.errors import InvalidInput, Unavailable
from qingtian.interfaces.printing import pdf, print_html, render_pdf

ROWS = "".join(f"<tr><td>第{number}行</td><td class='number'>{number}</td></tr>" for number in range(120))
PAGE = f"""<!doctype html><html lang="zh-CN"><head><title>月报</title>
<meta name="dcterms.created" content="2026-01-31T08:00:00+08:00"></head><body>
<p class="print-head">示例市生态环境局</p><p class="print-label">模拟数据</p>
<h1>生态环境月报</h1><p class="body">细颗粒物 PM₂.₅ 浓度 35 μg/m³，臭氧 O₃ 达标。</p>
<table><caption>表 1 监测值</caption><thead><tr><th>断面</th><th class="number">数值</th></tr></thead><tbody>{ROWS}</tbody></table>
<svg viewBox="0 0 100 20" role="img"><text x="2" y="12" font-size="8" font-family="Noto Sans CJK SC">图示</text></svg></body></html>"""


def text_of(made: bytes, folder: Path) -> str:
    """What a reader copies out of the PDF (poppler)."""
    file = folder / "read.pdf"
    file.write_bytes(made)
    command = ["pdftotext", "-layout", str(file), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_same_page_gives_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    program = (
        "import hashlib, pathlib, sys; from qingtian.interfaces.printing import render_pdf;"
        "print(hashlib.sha256(render_pdf(pathlib.Path(sys.argv[1]).read_text('utf-8'))).hexdigest())"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "page.html")]
    other = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "77", "TZ": "America/Lima"},
    )
    assert other.stdout.strip() == hashlib.sha256(render_pdf(PAGE)).hexdigest()


def test_another_text_gives_another_file() -> None:
    assert render_pdf(PAGE) != render_pdf(PAGE.replace("达标", "超标"))


def test_each_page_has_head_label_number_and_table_head(tmp_path: Path) -> None:
    made = print_html(PAGE)
    pages = text_of(made.pdf, tmp_path).split("\f")[:-1]
    assert len(pages) == made.pages > 3
    for number, page in enumerate(pages, 1):
        assert "示例市生态环境局" in page
        assert "模拟数据" in page
        assert f"第{number}页共{len(pages)}页" in page.replace(" ", "")
    assert all("断面" in page for page in pages)
    assert "细颗粒物 PM₂.₅ 浓度 35 μg/m³，臭氧 O₃ 达标。" in "".join(pages)
    assert "图示" in pages[-1]


def test_the_page_is_a4_and_dated_by_its_own_text(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(render_pdf(PAGE))
    told = subprocess.run(["pdfinfo", "-isodates", str(file)], capture_output=True, text=True, check=True).stdout
    assert "(A4)" in told
    assert "月报" in told
    assert "2026-01-31T" in told


def test_an_english_page_is_numbered_in_english(tmp_path: Path) -> None:
    made = render_pdf("<html lang='en'><body><h1>Month</h1></body></html>")
    assert "Page 1 of 1" in text_of(made, tmp_path)


def test_a_picture_of_the_folder_is_read_and_one_outside_is_refused(tmp_path: Path) -> None:
    inside = tmp_path / "page"
    inside.mkdir()
    red = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>'
    (inside / "red.svg").write_text(red)
    (tmp_path / "secret.svg").write_text(red)
    assert render_pdf("<img src='red.svg'>", inside) != render_pdf("<p></p>", inside)
    for address in ("../secret.svg", (tmp_path / "secret.svg").as_uri(), "/etc/passwd", "http://192.0.2.1/x.png"):
        with pytest.raises(InvalidInput) as refused:
            render_pdf(f"<img src='{address}'>", inside)
        assert refused.value.field == "html"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        render_pdf("<img src='gone.png'>", tmp_path)


def test_without_a_folder_no_file_is_read() -> None:
    with pytest.raises(InvalidInput):
        render_pdf("<link rel='stylesheet' href='file:///etc/hosts'>")


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Unavailable) as told:
        render_pdf("<p>1</p>")
    assert "reports" in str(told.value.remedy)
    assert told.value.remedy == pdf.NEEDS

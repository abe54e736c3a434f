"""Dry run of a Word template: which of its tags nothing fills, which values it leaves out, and where."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qingtian.domain.errors import InvalidInput
from qingtian.interfaces.printing.tags import ABOUT, GROUPS, LEAF, Shape, shape_of, tags_of
from qingtian.interfaces.printing.word import sandbox

if TYPE_CHECKING:
    from jinja2 import nodes

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
NAMED = re.compile(r"\[['\"](\w+)['\"]\]")
MAX_BYTES, MAX_UNPACKED, MAX_PARTS = 5_000_000, 50_000_000, 500
BODY = "word/document.xml"
FILTERS = (
    "upper",
    "lower",
    "title",
    "default",
    "d",
    "length",
    "count",
    "first",
    "last",
    "join",
    "replace",
    "round",
    "trim",
    "e",
)
PLAIN_NODES = (
    "TemplateData",
    "Const",
    "Test",
    "Compare",
    "Operand",
    "And",
    "Or",
    "Not",
    "Add",
    "Sub",
    "CondExpr",
    "Concat",
)
MUST = "label"  # law 8: what is simulated says so on every page
NAMES: dict[str, tuple[str, str]] = {
    "body": ("正文", "body"),
    "header": ("页眉", "header"),
    "footer": ("页脚", "footer"),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A paragraph of a template that has tags."""

    text: str
    zh: str
    en: str
    part: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A tag that nothing fills, or that may not stand there."""

    tag: str
    why_zh: str
    why_en: str


def dry_run(content: bytes, chapters: Sequence[str]) -> dict[str, Any]:
    """Read a template without filling it.

    Args:
        content: bytes of the docx.
        chapters: codes of the chapters of its kind of report.

    Returns:
        `unknown`: tags that cannot be filled, with `tag`, `place`, `place_zh`, `why_en`, `why_zh`; `unused`: values
        that the template does not show; `tags`: how many it has.
    Raises:
        InvalidInput: it is no plain Word document.
        Unavailable: the extra `reports` is missing.
    """
    check_file(content)
    template = _opened(content)
    spots = list(_spots(template.docx))
    faults, used = _read(template, shape_of(chapters))
    unknown = [_placed(one, spots) for one in dict.fromkeys(faults)]
    if not any(spot.part == "header" and _names(spot.text, MUST) for spot in spots):
        unknown.append(_missing_label())
    count = sum(len(TAG.findall(spot.text)) for spot in spots)
    return {"unknown": unknown, "unused": _unused(used, chapters), "tags": count}


def check_file(content: bytes) -> None:
    """Refuse what is no plain Word document.

    Raises:
        InvalidInput: too large, no docx, macros, or a part that would be fetched from outside.
    """
    if len(content) > MAX_BYTES:
        raise _refused(f"the file has more than {MAX_BYTES // 1_000_000} MB", "make its pictures smaller")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            parts = opened.infolist()
            if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
                raise _refused("the file unpacks to too much", "make its pictures smaller")
            names = {one.filename for one in parts}
            if BODY not in names:
                raise _refused("the file is no Word document (.docx)", "save it as .docx in Word or WPS")
            if any("vbaProject" in name for name in names):
                raise _refused("the file has macros", "save it as .docx, not .docm")
            for name in names:
                if name.endswith(".rels") and _reaches_out(opened.read(name).decode("utf-8", "replace")):
                    raise _refused(f"{name} fetches something from outside", "put pictures into the file")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise _refused(f"the file is no Word document: {error}", "save it as .docx in Word or WPS") from error


def _refused(why: str, remedy: str) -> InvalidInput:
    return InvalidInput(why, field="file", remedy=remedy)


def _reaches_out(relations: str) -> bool:
    """Whether a part is linked instead of kept; a link that a reader clicks may be."""
    found = re.findall(r"<Relationship\b[^>]*>", relations)
    return any('TargetMode="External"' in one and "/hyperlink" not in one for one in found)


def _opened(content: bytes) -> Any:
    sandbox()  # tells the missing extra
    from docxtpl import DocxTemplate

    try:
        template = DocxTemplate(io.BytesIO(content))
        template.init_docx()
    except Exception as error:  # python-docx lets through whatever XML and zip throw
        raise _refused(f"the file cannot be read: {error}", "save it as .docx in Word or WPS") from error
    return template


def _spots(document: Any) -> Iterator[Spot]:
    """Paragraphs with tags, in the order of the document: body with its tables, heads and feet."""
    yield from _inside(document, "body")
    seen: set[str] = set()
    for number, one in enumerate(document.sections, 1):
        for part in ("header", "footer", "first_page_header", "first_page_footer"):
            holder = getattr(one, part)
            if holder.is_linked_to_previous or str(holder.part.partname) in seen:
                continue
            seen.add(str(holder.part.partname))
            yield from _inside(holder, "header" if "header" in part else "footer", number)


def _inside(holder: Any, part: str, number: int = 0) -> Iterator[Spot]:
    zh, en = NAMES[part]
    before_zh, before_en = (f"第 {number} 节{zh}", f"{en} of section {number}") if number else (zh, en)
    for place, paragraph in enumerate(holder.paragraphs, 1):
        if TAG.search(paragraph.text):
            yield Spot(paragraph.text, f"{before_zh}第 {place} 段", f"{before_en}, paragraph {place}", part)
    for place, table in enumerate(holder.tables, 1):
        for row_number, row in enumerate(table.rows, 1):
            for cell_number, cell in enumerate(row.cells, 1):
                if TAG.search(cell.text):
                    at_zh = f"{before_zh}第 {place} 表第 {row_number} 行第 {cell_number} 格"
                    at_en = f"{before_en}, table {place}, row {row_number}, cell {cell_number}"
                    yield Spot(cell.text, at_zh, at_en, part)


def _read(template: Any, shape: Shape) -> tuple[list[Fault], set[str]]:
    """Faults, and which values are named."""
    reader = _Reader(shape)
    sources = [template.patch_xml(template.get_xml())]
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for _key, part in template.get_headers_footers(uri):
            sources.append(template.patch_xml(template.get_part_xml(part)))
    for source in sources:
        reader.read(source)
    return reader.faults, reader.used


class _Reader:
    """Walks the syntax of a template; knows what each name stands for."""

    def __init__(self, shape: Shape) -> None:
        self.root = shape
        self.faults: list[Fault] = []
        self.used: set[str] = set()

    def read(self, source: str) -> None:
        from jinja2 import TemplateSyntaxError

        try:
            tree = sandbox().parse(re.sub(r"<w:p([ >])", r"\n<w:p\1", source))
        except TemplateSyntaxError as error:
            self._fault(self._near(source, error.lineno), f"语法有误：{error.message}", f"syntax: {error.message}")
            return
        self._body(tree.body, {})

    def _near(self, source: str, line: int) -> str:
        lines = re.sub(r"<w:p([ >])", r"\n<w:p\1", source).splitlines()
        text = re.sub(r"<[^>]+>", "", lines[line - 1] if 0 < line <= len(lines) else "")
        found = TAG.search(text)
        return found.group() if found else text.strip()[:60]

    def _body(self, body: Sequence[nodes.Node], names: dict[str, Shape]) -> None:
        from jinja2 import nodes

        for one in body:
            match one:
                case nodes.Output():
                    for inner in one.nodes:
                        self._value(inner, names)
                case nodes.For():
                    self._loop(one, names)
                case nodes.If():
                    self._value(one.test, names)
                    for part in (one.body, one.elif_, one.else_):
                        self._body(part, names)
                case _:
                    word = type(one).__name__.lower()
                    self._fault(f"{{% {word} %}}", "模板只可用 for 与 if", "templates have only for and if")

    def _loop(self, one: nodes.For, names: dict[str, Shape]) -> None:
        from jinja2 import nodes

        found = self._value(one.iter, names)
        each = _each(found)
        if found is not None and each is None:
            self._fault(_written(one.iter), "不是可循环的内容", "is nothing to loop over")
        inner = dict(names) | {"loop": dict.fromkeys(("index", "index0", "first", "last", "length"), LEAF)}
        if isinstance(one.target, nodes.Name):
            inner[one.target.name] = each
        else:
            self._fault(_written(one.iter), "循环只可有一个变量", "a loop has one variable")
        if one.test is not None:
            self._value(one.test, inner)
        for part in (one.body, one.else_):
            self._body(part, inner)

    def _value(self, one: nodes.Node, names: dict[str, Shape]) -> Shape | None:
        """The shape of an expression; None where it is unknown and was told."""
        from jinja2 import nodes

        match one:
            case nodes.Name():
                return self._name(one, names)
            case nodes.Getattr() | nodes.Getitem():
                return self._part(one, names)
            case nodes.Filter():
                return self._filtered(one, names)
        if isinstance(one, tuple(getattr(nodes, name) for name in PLAIN_NODES)):
            for each in one.iter_child_nodes():
                self._value(each, names)
            return LEAF
        self._fault(_written(one), "模板中不可用", "is not allowed in a template")
        return None

    def _filtered(self, one: nodes.Filter, names: dict[str, Shape]) -> Shape | None:
        if one.name not in FILTERS:
            self._fault(f"|{one.name}", "不可用的过滤器", f"filters are: {', '.join(FILTERS)}")
        found = self._value(one.node, names) if one.node is not None else None
        for each in one.args:
            self._value(each, names)
        return _each(found) if one.name in ("first", "last") else LEAF

    def _name(self, one: nodes.Name, names: dict[str, Shape]) -> Shape | None:
        if one.name in names:
            return names[one.name]
        if one.name in self.root:
            self.used.add(one.name)
            return self.root[one.name]
        self._fault(one.name, "没有这个标签", "there is no such tag")
        return None

    def _part(self, one: nodes.Getattr | nodes.Getitem, names: dict[str, Shape]) -> Shape | None:
        from jinja2 import nodes

        outer = self._value(one.node, names)
        if outer is None:
            return None  # told
        if isinstance(one, nodes.Getattr):
            key: object = one.attr
        else:
            key = one.arg.value if isinstance(one.arg, nodes.Const) else None
        found = _each(outer) if isinstance(key, int) else _member(outer, key)
        if found is None:
            self._fault(_written(one), "没有这个标签", "there is no such tag")
            return None
        self.used.add(_written(one))
        return found

    def _fault(self, tag: str, why_zh: str, why_en: str) -> None:
        self.faults.append(Fault(tag, why_zh, why_en))


def _member(shape: Shape, key: object) -> Shape | None:
    options = shape if isinstance(shape, tuple) else (shape,)
    found = [one[key] for one in options if isinstance(one, dict) and key in one]
    if not found:
        return None
    return found[0] if len(found) == 1 or all(one == found[0] for one in found) else tuple(found)


def _each(shape: Shape | None) -> Shape | None:
    options = shape if isinstance(shape, tuple) else (shape,)
    found = [one[0] for one in options if isinstance(one, list)]
    if not found:
        return None
    return found[0] if len(found) == 1 else tuple(found)


def _written(one: Any) -> str:
    """An expression as its author would write it."""
    from jinja2 import nodes

    match one:
        case nodes.Name():
            return str(one.name)
        case nodes.Getattr():
            return f"{_written(one.node)}.{one.attr}"
        case nodes.Getitem() if isinstance(one.arg, nodes.Const):
            return f"{_written(one.node)}.{one.arg.value}"
        case nodes.Call():
            return f"{_written(one.node)}()"
    return type(one).__name__.lower()


def _names(text: str, tag: str) -> bool:
    """Whether a paragraph names a tag, and not only a longer one."""
    inside = " ".join(NAMED.sub(r".\1", one) for one in TAG.findall(text))
    return re.search(rf"(?<![\w.]){re.escape(tag)}(?![\w.])", inside) is not None


def _placed(fault: Fault, spots: Sequence[Spot]) -> dict[str, str]:
    bare = fault.tag.removeprefix("{%").removesuffix("%}").removesuffix("()").strip()
    found = [spot for spot in spots if fault.tag in spot.text or _names(spot.text, bare)]
    found = found or [spot for spot in spots if any(bare in one for one in TAG.findall(spot.text))]
    return {
        "tag": fault.tag,
        "place": "; ".join(dict.fromkeys(spot.en for spot in found)) or "the document",
        "place_zh": "；".join(dict.fromkeys(spot.zh for spot in found)) or "全文",
        "why_en": fault.why_en,
        "why_zh": fault.why_zh,
    }


def _missing_label() -> dict[str, str]:
    return {
        "tag": MUST,
        "place": "header",
        "place_zh": "页眉",
        "why_en": "every page must carry {{ label }}: it says what is simulated or a draft",
        "why_zh": "每页页眉必须有 {{ label }}：标明模拟数据与草稿",
    }


def _unused(used: set[str], chapters: Sequence[str]) -> list[str]:
    """Values that the template does not show; one that goes through `sections` shows all that chapters hold."""
    shown = [name for name in ABOUT if name not in used and name != "language"]
    if "sections" in used:
        return shown
    codes = tags_of(chapters)
    named = [f"{group}.{code}" for group in GROUPS for code in codes[group]]
    return shown + [name for name in named if not any(one == name or one.startswith(f"{name}.") for one in used)]

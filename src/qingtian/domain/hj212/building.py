"""Frames that we send, written exactly as the standard wants them: four upper-case hex digits, CR LF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212.cipher import seal_segment
from qingtian.domain.hj212.command import in_cipher_scope
from qingtian.domain.hj212.crc import crc16
from qingtian.domain.hj212.framing import MAX_SEGMENT
from qingtian.domain.hj212.grammar import is_real_time
from qingtian.domain.hj212.model import Decoded, Edition
from qingtian.domain.hj212.wire import Sm4Form, WireSettings

CP_LIMIT = 950  # bytes, HJ 212-2017 table 2
EDITION_BITS = 0xFC
INTERACTION = "91"
DATA_ANSWER, NOTICE_ANSWER = "9014", "9013"
_FIELD = re.compile(r"[^;,=&\r\n#]*")
_NAME = re.compile(r"[0-9A-Za-z_]+")
_VALUE = re.compile(r"[^;,=&\r\n]*")
_TEXT = re.compile(r"//(?:(?!//).)*//", re.DOTALL)
_BARE = re.compile(r"[!-~]*")
_SEPARATORS = re.compile(r"[;,=#&]")


def wrap_segment(segment: bytes) -> bytes:
    """Head, length, segment, check code and CR LF.

    Args:
        segment: data segment, at most 9999 bytes.
    """
    if len(segment) > MAX_SEGMENT:
        raise InvalidInput(
            f"the data segment has {len(segment)} bytes, four digits tell at most {MAX_SEGMENT}",
            field="cp",
            remedy="split it over several frames",
        )
    return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(segment))


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Fields before CP, in the order of the standard; None leaves a field out.

    Args:
        qn: request number yyyyMMddHHmmssSSS; 2005 devices often send none.
        st: system code.
        cn: command.
        pw: password.
        mn: device number.
        flag: 0..255.
        pnum: number of parts; bit 1 of flag says that the two are there.
        pno: this part, from 1.
        backfill: RF=1 of the 2025 edition; never written otherwise.
    """

    st: str
    cn: str
    mn: str
    qn: str | None = None
    pw: str | None = None
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    backfill: bool = False

    def text(self) -> str:
        """The header as it stands in the segment.

        Raises:
            InvalidInput: a value holds a separator; names the field.
        """
        fields = {"QN": self.qn, "ST": self.st, "CN": self.cn, "PW": self.pw, "MN": self.mn, "Flag": self.flag}
        fields |= {"PNUM": self.pnum, "PNO": self.pno, "RF": "1" if self.backfill else None}
        return ";".join(f"{name}={_field(name, str(value))}" for name, value in fields.items() if value is not None)


def seal_frame(header: Header, cp: str, wire: WireSettings) -> bytes:
    """A frame as a device of these settings sends or gets it: encrypted where edition, key and command want it.

    The check code is taken over the plain segment, then the data area is encrypted (HJ 212-2025 appendix A.2).

    >>> wire = WireSettings(edition=Edition.E2025, sm4_key=b"0" * 16, sm4_form=Sm4Form.TEXT)
    >>> seal_frame(Header(st="31", cn="2011", mn="A", flag=9), "DataTime=20240601085857", wire)[:45]
    b'##0121ST=31;CN=2011;MN=A;Flag=9;CP=&&{0x51,0x'
    """
    return _sealed(f"{header.text()};CP=&&{cp}&&".encode(), header.cn, wire)


def _sealed(segment: bytes, cn: str, wire: WireSettings | None) -> bytes:
    plain = wrap_segment(segment)
    if wire is None or wire.edition is not Edition.E2025 or not wire.sm4_key or not in_cipher_scope(cn):
        return plain
    sealed = seal_segment(segment, wire.sm4_key, as_text=wire.sm4_form is Sm4Form.TEXT)
    if len(sealed) > MAX_SEGMENT:
        raise InvalidInput(
            f"the encrypted segment has {len(sealed)} bytes, four digits tell at most {MAX_SEGMENT}",
            field="sm4_form",
            remedy="send ciphertext as raw bytes, or split the data over several frames",
        )
    return b"##%04d%b%b" % (len(sealed), sealed, plain[-6:])


def as_text(value: str) -> str:
    """A value as it may stand in a data area: text with separators, spaces or other letters goes between `//`.

    >>> as_text("168.0"), as_text("更换试剂"), as_text("//a;b//")
    ('168.0', '//更换试剂//', '//a;b//')
    """
    if _TEXT.fullmatch(value) or (_BARE.fullmatch(value) and not _SEPARATORS.search(value)):
        return value
    return f"//{value}//"


def build_frame(
    *,
    qn: str | None,
    st: str,
    cn: str,
    pw: str | None,
    mn: str,
    flag: int | None,
    cp: str,
    pnum: int | None = None,
    pno: int | None = None,
) -> bytes:
    """A frame with a given data area.

    Args:
        qn: request number yyyyMMddHHmmssSSS; None leaves the field out, as 2005 devices do.
        st: system code.
        cn: command.
        pw: password; None leaves the field out.
        mn: device number.
        flag: 0..255; None leaves the field out.
        cp: text between `CP=&&` and `&&`.
        pnum: number of parts; bit 1 of flag says that the two are there.
        pno: this part, from 1.

    >>> build_frame(qn="20160801085857223", st="32", cn="1062", pw="100000", mn="010000A8900016F000169DC0", flag=5,
    ...             cp="RtdInterval=30")[-8:]
    b'&&1C80\\r\\n'
    """
    header = Header(qn=qn, st=st, cn=cn, pw=pw, mn=mn, flag=flag, pnum=pnum, pno=pno)
    return wrap_segment(f"{header.text()};CP=&&{cp}&&".encode())


def _field(name: str, value: str) -> str:
    if not _FIELD.fullmatch(value):
        raise InvalidInput(f"{value!r} holds a separator", field=name, remedy="leave out ; , = & # and line ends")
    return value


HEADER_ORDER = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO", "RF")


def encode(decoded: Decoded, wire: WireSettings | None = None) -> bytes:
    """A frame that was read, written anew as the standard wants it: what the bytes meant, without their deviations.

    Header fields come in the order of the standard, parameters before items, the items of a code together; length and
    check code are computed, and the data area is encrypted where the settings want it.

    Args:
        decoded: a frame.
        wire: how the device speaks; None = plain.
    Raises:
        InvalidInput: a field holds what no frame may carry; names it.

    >>> from qingtian.domain.hj212.decoding import decode
    >>> encode(decode(b"##0060MN=A1,CN=2011;ST=32;CP=&&w01018-Rtd= 21.4;DataTime=20240601085857&&"))
    b'##0066ST=32;CN=2011;MN=A1;CP=&&DataTime=20240601085857;w01018-Rtd=21.4&&3740\\r\\n'
    """
    header = decoded.header
    names = [*(name for name in HEADER_ORDER if name in header), *(one for one in header if one not in HEADER_ORDER)]
    fields = ";".join(f"{name}={_field(name, header[name])}" for name in names)
    pairs = [
        check_item("", name, value)
        for name, values in decoded.params.items()
        for value in ([values] if isinstance(values, str) else values)
    ]
    groups = [",".join(check_item(code, *pair) for pair in named.items()) for code, named in decoded.items.items()]
    segment = f"{fields};CP=&&{';'.join([*pairs, *groups])}&&".encode()
    return _sealed(segment, decoded.cn, wire)


def build_data_ack(decoded: Decoded) -> bytes:
    """Answer 9014 to an upload: same QN, PW and MN, Flag with the edition bits only (4 in 2017, 8 in 2025).

    Args:
        decoded: the upload; send this only after it is durably stored.
    """
    return _answer(decoded, DATA_ANSWER)


def build_notice_ack(decoded: Decoded) -> bytes:
    """Answer 9013 to a notice such as 1013 (or to a heartbeat): in 2005 the number stands in the data area.

    >>> from qingtian.domain.hj212.decoding import decode
    >>> notice = decode(b"##0070QN=20170516010101001;ST=22;CN=2012;PW=123456;MN=ABCDEFG1234567;CP=&&&&FCC1")
    >>> build_notice_ack(notice)[6:-6]
    b'ST=91;CN=9013;PW=123456;MN=ABCDEFG1234567;CP=&&QN=20170516010101001&&'
    """
    return _answer(decoded, NOTICE_ANSWER)


def _answer(decoded: Decoded, cn: str) -> bytes:
    header = decoded.header
    flag = None if decoded.flag is None else decoded.flag & EDITION_BITS
    qn, pw = (_echo(header.get(name)) for name in ("QN", "PW"))
    inside = cn == NOTICE_ANSWER and decoded.version is Edition.E2005 and qn is not None
    cp = f"QN={qn}" if inside else ""
    mn = _echo(decoded.mn) or ""
    return build_frame(qn=None if inside else qn, st=INTERACTION, cn=cn, pw=pw, mn=mn, flag=flag, cp=cp)


def _echo(value: str | None) -> str | None:
    """A field to send back; one that holds separators (bytes from a device may hold anything) is left out."""
    return value if value and _FIELD.fullmatch(value) else None


def build_upload(
    *,
    mn: str,
    st: str,
    cn: str,
    qn: str | None,
    data_time: str,
    items: Mapping[str, Mapping[str, str]],
    flag: int | None,
    pw: str | None,
    pnum: int | None = None,
    pno: int | None = None,
) -> bytes:
    """An upload frame (2011, 2021, 2031, 2041, 2051, 2061).

    Args:
        mn: device number.
        st: system code.
        cn: command.
        qn: request number; None leaves it out.
        data_time: yyyyMMddHHmmss; the start of the period, for 2011 and 2021 the instant.
        items: code -> attribute -> text, in the order to send.
        flag: 4 or 5 in 2017 (5 asks for an answer), 0, 1 or None in 2005.
        pw: password.
        pnum: number of parts.
        pno: this part.

    >>> build_upload(mn="A1", st="31", cn="2011", qn=None, data_time="20240601085857", flag=4, pw="123456",
    ...              items={"a21026": {"Rtd": "12.5", "Flag": "N"}})
    b'##0097ST=31;CN=2011;PW=123456;MN=A1;Flag=4;CP=&&DataTime=20240601085857;a21026-Rtd=12.5,a21026-Flag=N&&F441\\r\\n'
    """
    if not is_real_time(data_time):
        raise InvalidInput(f"{data_time!r} is no time", field="data_time", remedy="give yyyyMMddHHmmss")
    groups = [",".join(_item(code, name, value) for name, value in named.items()) for code, named in items.items()]
    cp = ";".join([f"DataTime={data_time}", *filter(None, groups)])
    if len(cp.encode()) > CP_LIMIT:
        raise InvalidInput(
            f"the data area has {len(cp.encode())} bytes, {CP_LIMIT} are allowed",
            field="items",
            remedy="give the items in several parts with pnum and pno",
        )
    return build_frame(qn=qn, st=st, cn=cn, pw=pw, mn=mn, flag=flag, cp=cp, pnum=pnum, pno=pno)


def check_item(code: str, attribute: str, value: str) -> str:
    """A pair `code-attribute=value`, or `attribute=value` of a bare parameter when code is empty.

    Raises:
        InvalidInput: it would not be read back as it is; names the field.
    """
    names = {"code": code, "attribute": attribute} if code else {"attribute": attribute}
    for name, text in names.items():
        if not _NAME.fullmatch(text):
            raise InvalidInput(
                f"{text!r} is no name of letters and digits", field=name, remedy="use a code of HJ 524/525"
            )
    full = f"{code}-{attribute}" if code else attribute
    if not _VALUE.fullmatch(value) and not _TEXT.fullmatch(value):
        raise InvalidInput(f"{value!r} holds a separator", field=full, remedy="put text between // and //")
    return f"{full}={value}"


def _item(code: str, attribute: str, value: str) -> str:
    if not code:
        raise InvalidInput("an item needs a code", field="code", remedy="use a code of HJ 524/525")
    return check_item(code, attribute, value)

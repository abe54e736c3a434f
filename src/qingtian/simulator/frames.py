"""Frames as a device writes them: header, data area, check code; encrypted where the 2025 edition asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.building import wrap_segment
from qingtian.domain.hj212.cipher import seal_segment
from qingtian.domain.hj212.command import in_cipher_scope
from qingtian.domain.hj212.crc import crc16
from qingtian.domain.hj212.wire import Sm4Form, WireSettings
from qingtian.simulator.settings import Split

ANSWER_ST = "91"
RESULT = "9012"


class FrameWriter:
    """Writes the frames of one device; MN, password and key change when the host sets them.

    Args:
        wire: edition, key, form of ciphertext.
        mn: the device.
        st: system code of its data frames.
        password: PW that it sends.
    """

    __slots__ = ("_edition_bits", "_flagged", "_form", "key", "mn", "password", "st")

    def __init__(self, wire: WireSettings, mn: str, st: str, password: str) -> None:
        self.mn, self.st, self.password = mn, st, password
        self.key = wire.sm4_key
        self._form = wire.sm4_form
        self._edition_bits = wire.flag(ack=False)
        self._flagged = wire.edition is not Edition.E2005

    def frame(
        self,
        cn: str,
        area: str,
        *,
        qn: str | None,
        ack: bool = False,
        st: str = "",
        parts: tuple[int, int] | None = None,
        late: bool = False,
    ) -> bytes:
        """One frame.

        Args:
            area: text between the `&&`.
            qn: request number; None leaves it out.
            ack: asks for an answer.
            st: system code; the device's by default.
            parts: PNUM and PNO.
            late: RF=1 of the 2025 edition.
        """
        flag = self._edition_bits | ack | (parts is not None) << 1
        head = "" if qn is None else f"QN={qn};"
        head += f"ST={st or self.st};CN={cn};PW={self.password};MN={self.mn}"
        if self._flagged or flag or (st == ANSWER_ST and cn != RESULT):
            head += f";Flag={flag}"
        if parts is not None:
            head += f";PNUM={parts[0]};PNO={parts[1]}"
        if late and self._edition_bits == 8:
            head += ";RF=1"
        return self._wrap(cn, f"{head};CP=&&".encode(), area.encode())

    def answer(self, cn: str, qn: str | None, area: str = "") -> bytes:
        """An answer 9011, 9012 or 9013."""
        return self._inside(cn, qn, area, st=ANSWER_ST)

    def value(self, cn: str, qn: str | None, area: str) -> bytes:
        """A value that was asked for, with the number of the request."""
        return self._inside(cn, qn, area, st=self.st)

    def _inside(self, cn: str, qn: str | None, area: str, *, st: str) -> bytes:
        """The 2005 edition has the number of the request inside the data area."""
        if self._flagged or qn is None:
            return self.frame(cn, area, qn=qn, st=st)
        return self.frame(cn, f"QN={qn};{area}" if area else f"QN={qn}", qn=None, st=st)

    def _wrap(self, cn: str, head: bytes, area: bytes) -> bytes:
        plain = head + area + b"&&"
        if not self.key or not area or not in_cipher_scope(cn):
            return wrap_segment(plain)
        # the check code is taken over the plain segment, then the data area is encrypted (protocol reference 6)
        segment = seal_segment(plain, self.key, as_text=self._form is Sm4Form.TEXT)
        return b"##%04d%b%04X\r\n" % (len(segment), segment, crc16(plain))


def parts_of(head: str, items: Sequence[str], split: Split, longest: int) -> list[str]:
    """Data areas of a record: one, or several when it is longer than a frame allows.

    Args:
        head: parameters before the items, such as DataTime; repeated in each whole part.
        items: texts of the items.
        split: whole parts, or one text cut in the middle.
        longest: bytes of a data area.

    >>> parts_of("DataTime=20240601080000", ["a-Rtd=1", "b-Rtd=2"], Split.WHOLE, 32)
    ['DataTime=20240601080000;a-Rtd=1', 'DataTime=20240601080000;b-Rtd=2']
    >>> parts_of("DataTime=20240601080000", ["a-Rtd=1", "b-Rtd=2"], Split.CUT, 32)
    ['DataTime=20240601080000;a-Rtd=1;', 'b-Rtd=2']
    """
    text = ";".join([head, *items])
    if len(text.encode()) <= longest:
        return [text]
    if split is Split.CUT:
        return [text[at : at + longest] for at in range(0, len(text), longest)]
    return list(_whole_parts(head, items, longest))


def _whole_parts(head: str, items: Sequence[str], longest: int) -> Iterable[str]:
    part = head
    for item in items:
        if part != head and len(part.encode()) + 1 + len(item.encode()) > longest:
            yield part
            part = head
        part = f"{part};{item}"
    yield part

"""Numbers of simulated devices, and the settings of a whole fleet.

Every MN of this simulator begins with FF2120: the first 8 bits of an EPC-96 number are its header and FF is reserved,
so no real device has such a number. Then follow edition, profile and a running number: FF2120 17 02 00000000000007 is
device 7 of the profile flue_gas in the 2017 edition. A 2005 number has 14 characters: FF2120, profile and six digits.
"""

from __future__ import annotations

from dataclasses import replace

from qingtian.domain.errors import InvalidInput
from qingtian.domain.hj212 import Edition
from qingtian.domain.hj212.wire import Sm4Form, WireSettings
from qingtian.simulator.chance import digest
from qingtian.simulator.profile import Profile
from qingtian.simulator.settings import DeviceSettings

PREFIX = "FF2120"
PASSWORD = "123456"  # noqa: S105  the password of a simulated device is no secret
WRONG_PASSWORD = "000000"  # noqa: S105
MOST_OLD = 999_999


def mn_of(edition: Edition, profile: Profile, number: int) -> str:
    """MN of a simulated device.

    Args:
        edition: edition that it speaks.
        profile: what it measures.
        number: from 1.
    Raises:
        InvalidInput: the 2005 form has no room for the number.

    >>> from qingtian.simulator.profile import built_in_profile
    >>> mn_of(Edition.E2017, built_in_profile("flue_gas"), 7)
    'FF2120170200000000000007'
    >>> mn_of(Edition.E2005, built_in_profile("flue_gas"), 7)
    'FF212002000007'
    """
    if edition is not Edition.E2005:
        return f"{PREFIX}{edition.value[2:]}{profile.number:02X}{number:014d}"
    if number > MOST_OLD:
        raise InvalidInput(
            f"number {number} does not fit into 14 characters", field="devices", remedy="use --edition 2017 or 2025"
        )
    return f"{PREFIX}{profile.number:02X}{number:06d}"


def is_simulated_mn(mn: str) -> bool:
    """Whether a number is of the range of simulated devices.

    >>> is_simulated_mn("FF2120170200000000000007"), is_simulated_mn("010000A8900016F000169DC0")
    (True, False)
    """
    return mn.upper().startswith(PREFIX)


def sm4_key_of(seed: int, mn: str) -> bytes:
    """The first SM4 key of a simulated device."""
    return digest(seed, mn, "sm4", size=16)


def simulated_device(
    profile: Profile,
    *,
    edition: Edition = Edition.E2017,
    number: int = 1,
    mn: str = "",
    password: str = PASSWORD,
    encrypted: bool = False,
    sm4_key: bytes = b"",
    sm4_form: Sm4Form = Sm4Form.RAW,
    **changes: object,
) -> DeviceSettings:
    """Settings of one device.

    Args:
        profile: what it measures.
        edition: edition that it speaks.
        number: number in the range of simulated devices.
        mn: its MN when it has another one.
        password: its PW.
        encrypted: encrypts with a key made from seed and MN.
        sm4_key: encrypts with this key.
        sm4_form: how ciphertext is written.
        changes: any other field of `DeviceSettings`.
    """
    name = mn or mn_of(edition, profile, number)
    seed = int(changes.get("seed", 1))  # type: ignore[call-overload]
    key = sm4_key or (sm4_key_of(seed, name) if encrypted else b"")
    if key and edition is not Edition.E2025:
        raise InvalidInput("encryption is of the 2025 edition", field="encrypt", remedy="add --edition 2025")
    wire = WireSettings(edition=edition, password=password, sm4_key=key, sm4_form=sm4_form)
    settings = DeviceSettings(mn=name, profile=profile, wire=wire, **changes)  # type: ignore[arg-type]
    if settings.trouble.device_has("wrong_pw", seed, name):
        return replace(settings, given_password=WRONG_PASSWORD)
    return settings


def fleet_of(profiles: tuple[Profile, ...], devices: int, *, first: int = 1, **changes: object) -> list[DeviceSettings]:
    """Settings of a fleet whose profiles take turns.

    Args:
        devices: how many.
        first: number of the first one, so that several simulators can run side by side.
        changes: see `simulated_device`.
    """
    return [
        simulated_device(profiles[index % len(profiles)], number=first + index, **changes)  # type: ignore[arg-type]
        for index in range(devices)
    ]

"""Passwords and keys: sealed at rest, right for reading while they change, gone when refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.apps.city import NOW
from tests.apps.devices.scene import MN, claimed, device, done, ordered, refused, told

from qingtian.apps.accounts.actor import SYSTEM_ACTOR
from qingtian.apps.devices import sealing
from qingtian.apps.devices.actions.record_progress import record_progress
from qingtian.apps.devices.keys import GRACE, active_since, full_profile, with_secrets
from qingtian.apps.devices.models import DeviceSecret
from qingtian.apps.devices.states import SecretKind, SecretState
from qingtian.apps.registry.queries import device_profiles
from qingtian.domain.errors import Unavailable
from qingtian.domain.hj212.dialogues import Phase, Reason
from qingtian.runtime.settings import get_settings
from qingtian.telemetry.devices import DeviceProfile

KEY = "00112233445566778899aabbccddeeff"


@given(st.text(max_size=80))
def test_what_is_sealed_comes_back(text: str) -> None:
    once, again = sealing.seal(text), sealing.seal(text)
    assert sealing.unseal(once) == sealing.unseal(again) == text
    assert once != again


@given(
    st.text(min_size=6, max_size=40, alphabet=st.characters(min_codepoint=48, max_codepoint=122)), st.integers(0, 500)
)
def test_a_changed_seal_is_refused(text: str, place: int) -> None:
    sealed = sealing.seal(text)
    assert text not in sealed
    place = len(sealing.PREFIX) + place % (len(sealed) - len(sealing.PREFIX) - 4)
    other = "A" if sealed[place] != "A" else "B"
    with pytest.raises(Unavailable):
        sealing.unseal(sealed[:place] + other + sealed[place + 1 :])


@pytest.mark.parametrize("text", ["", "q1:", "654321", "q1:!!!", "q1:AAAA"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    with pytest.raises(Unavailable, match="secret_key"):
        sealing.unseal(text)


def test_another_deployment_cannot_open_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = sealing.seal("654321")
    monkeypatch.setattr(get_settings(), "secret_key", "another secret of another deployment, long")
    with pytest.raises(Unavailable):
        sealing.unseal(sealed)


def profile(now=NOW) -> DeviceProfile:
    return with_secrets(device_profiles(NOW.date()), now)[MN]


@pytest.mark.django_db
def test_while_a_password_changes_both_are_right() -> None:
    device()
    ordered("1072", {"NewPW": "654321"})
    assert (profile().password, profile().passwords_also) == ("123456", ("654321",))


@pytest.mark.django_db
def test_after_it_the_new_one_is_sent_and_the_old_one_is_right_for_a_day() -> None:
    device()
    command = ordered("1072", {"NewPW": "654321"})
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, done(command))
    assert (profile().password, profile().passwords_also) == ("654321", ("123456",))
    over = profile(NOW + GRACE + timedelta(seconds=1))
    assert (over.password, over.passwords_also) == ("654321", ())


@pytest.mark.django_db
def test_a_second_change_retires_the_first() -> None:
    device()
    for number, word in enumerate(("654321", "777777")):
        at = NOW + number * timedelta(minutes=1)
        command = ordered("1072", {"NewPW": word})
        claimed()
        record_progress(SYSTEM_ACTOR, at, done(command, at=at))
    assert (profile().password, set(profile().passwords_also)) == ("777777", {"123456", "654321"})
    assert DeviceSecret.objects.filter(state=SecretState.ACTIVE).count() == 1


@pytest.mark.django_db
def test_a_refused_password_is_right_no_more() -> None:
    device()
    command = ordered("1072", {"NewPW": "654321"})
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, refused(command))
    assert (profile().password, profile().passwords_also) == ("123456", ())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phase", "reason"), [(Phase.TIMED_OUT, Reason.LINK_UNUSABLE), (Phase.FAILED, Reason.NO_RESULT)]
)
def test_after_silence_the_device_may_have_it_so_both_stay_right(phase: Phase, reason: Reason) -> None:
    device()
    command = ordered("1072", {"NewPW": "654321"})
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, told(command, phase.value, phase=phase, reason=reason))
    assert (profile().password, profile().passwords_also) == ("123456", ("654321",))
    later = profile(NOW + timedelta(days=30))
    assert later.passwords_also == ("654321",)


@pytest.mark.django_db
def test_a_key_is_replaced_the_same_way() -> None:
    row = device(edition="2025", sm4_key=KEY)
    command = ordered("1014", {"NewSK": "ff" * 16})
    assert profile().sm4_keys_also == ("ff" * 16,)
    assert active_since(row, SecretKind.SM4_KEY) is None
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, done(command))
    assert (profile().sm4_key, profile().sm4_keys_also) == ("ff" * 16, (KEY,))
    assert profile().wire.read_keys == (b"\xff" * 16, bytes.fromhex(KEY))
    assert active_since(row, SecretKind.SM4_KEY) == NOW


@pytest.mark.django_db
def test_archived_frames_open_with_every_key_that_the_device_ever_had() -> None:
    row = device(edition="2025", sm4_key=KEY)
    for number in (1, 2):
        command = ordered("1014", {"NewSK": f"{number}" * 32})
        claimed()
        record_progress(SYSTEM_ACTOR, NOW, done(command))
    years_later = NOW + timedelta(days=1000)
    for known in (profile(years_later), full_profile(row, years_later)):
        assert (known.sm4_key, set(known.sm4_keys_also)) == ("2" * 32, {KEY, "1" * 32})


@pytest.mark.django_db
def test_a_device_without_commands_is_as_the_register_has_it() -> None:
    device()
    assert with_secrets(device_profiles(NOW.date()), NOW) == device_profiles(NOW.date())


@pytest.mark.django_db
def test_a_lost_secret_key_leaves_the_word_of_the_register(monkeypatch: pytest.MonkeyPatch) -> None:
    device()
    command = ordered("1072", {"NewPW": "654321"})
    claimed()
    record_progress(SYSTEM_ACTOR, NOW, done(command))
    monkeypatch.setattr(get_settings(), "secret_key", "another secret of another deployment, long")
    assert profile().password == "123456"


@pytest.mark.django_db
def test_no_secret_shows_in_the_text_of_its_row() -> None:
    device()
    ordered("1072", {"NewPW": "654321"})
    assert "654321" not in f"{DeviceSecret.objects.get()} {DeviceSecret.objects.values().get()}"

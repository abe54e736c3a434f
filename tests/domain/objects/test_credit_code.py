from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingtian.domain.errors import InvalidInput
from qingtian.domain.objects.credit_code import ALPHABET, check_character, check_credit_code

BODIES = st.text(st.sampled_from(ALPHABET), min_size=17, max_size=17)


def test_e_r1_a_valid_code() -> None:
    assert check_credit_code("91420100MA4K00001U") == "91420100MA4K00001U"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91420100MA4K00001V", "cannot hold V"),
        ("91110000600037341M", "the check character should be"),
        ("91420100MA4K00001", "18 characters, not 17"),
        ("", "18 characters, not 0"),
        ("91420100ma4k00001u", "cannot hold a, k, m, u"),
        ("91420100MA4K0000IU", "cannot hold I"),
    ],
)
def test_invalid_codes_say_why(code: str, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as error:
        check_credit_code(code)
    assert (error.value.field, error.value.params["clause"]) == ("uscc", "GB 32100")


@given(BODIES)
def test_every_body_has_exactly_one_check_character(body: str) -> None:
    valid = [last for last in ALPHABET if last == check_character(body)]
    assert valid == [check_character(body)]
    assert check_credit_code(body + check_character(body))


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(body: str, place: int, other: str) -> None:
    changed = body[:place] + other + body[place + 1 :]
    if changed != body:
        assert check_character(changed) != check_character(body)

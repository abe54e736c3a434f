"""The kills of the bench are done in slices: what ended adds up, what was cut is done again."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.telemetry import kill_all
from bench.telemetry.kill_all import Slice, main, note, read_journal, shares, sum_up


def slice_of(seed: int, **others: int) -> Slice:
    kills = {"gateway": 25, "worker": 20, "database": 5}
    return Slice(seed=seed, kills=kills, acked=1000, seconds=60.5, **others)


def test_slices_add_up_over_several_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[int, int]] = []

    def run(kills: int, seed: int) -> Slice:
        asked.append((kills, seed))
        return Slice(seed, shares(kills), acked=kills * 10, seconds=1.0)

    monkeypatch.setattr(kill_all, "run_slice", run)
    journal = tmp_path / "build" / "kills.jsonl"
    common = ["--journal", str(journal), "--seed", "7", "--slice", "50"]
    main([*common, "--kills", "100"])
    main([*common, "--kills", "170"])
    assert asked == [(50, 7), (50, 8), (50, 9), (20, 10)]  # the second call goes on, with other moments
    assert sum_up(read_journal(journal)).count == 170
    assert "170 kills (database 17, gateway 85, worker 68)" in capsys.readouterr().out
    main([*common, "--kills", "170"])
    assert len(asked) == 4  # nothing is left to do
    main([*common, "--kills", "900", "--minutes", "0"])
    assert len(asked) == 4  # no time, only the sum


def test_a_slice_that_was_cut_does_not_count(tmp_path: Path) -> None:
    journal = tmp_path / "kills.jsonl"
    note(journal, slice_of(1))
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"seed": 2, "kills": {"gate')
    assert read_journal(journal) == [slice_of(1)]
    assert read_journal(tmp_path / "none") == []


@pytest.mark.parametrize("fault", ["lost", "doubled", "changed"])
def test_any_loss_ends_the_run_and_every_later_one_with_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    journal = tmp_path / "kills.jsonl"
    monkeypatch.setattr(kill_all, "run_slice", lambda _kills, seed: slice_of(seed, **{fault: 1}))
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["--journal", str(journal), "--kills", "50", "--slice", "50"])
        assert ended.value.code == 1
    assert [getattr(one, fault) for one in read_journal(journal)] == [1]


def test_every_victim_is_killed_in_every_slice() -> None:
    assert shares(10) == {"gateway": 5, "worker": 4, "database": 1}
    assert min(shares(3).values()) == 1

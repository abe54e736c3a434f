"""How fast the fleet's frames are made, against what each speed of the demo needs."""

from __future__ import annotations

import time
from statistics import median

from qingtian.demo.city import City
from qingtian.demo.stream import CityStream, pace_for

HOURS = 6
ROUNDS = 5
SPEEDS = (60, 300, 900, 3600)


def frames_per_second(speed: float) -> tuple[float, float]:
    """Frames made per second (median of rounds), and frames needed per second at a speed."""
    made, count = [], 0
    for _ in range(ROUNDS):
        stream = CityStream(City(scripted=False).book())
        stream.hour(0, pace_for(speed))
        began = time.perf_counter()
        count = sum(len(stream.hour(index, pace_for(speed))) for index in range(1, HOURS + 1))
        made.append(count / (time.perf_counter() - began))
    return median(made), count / HOURS * speed / 3600


def main() -> None:
    """Print frames per second and the ratio to the need of each speed (the baseline)."""
    print(f"{'speed':>8}{'made/s':>12}{'needed/s':>12}{'ratio':>8}")
    for speed in SPEEDS:
        made, needed = frames_per_second(speed)
        print(f"{speed:>7}x{made:>12.0f}{needed:>12.1f}{made / needed:>8.1f}")


if __name__ == "__main__":
    main()

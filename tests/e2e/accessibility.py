"""What everybody can read and use: axe-core on a page that stands still."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
# A button that becomes usable changes its colours over a tenth of a second; half way its contrast is nobody's choice.
# Whatever turns for ever (a spinner) or was stopped on its way is not waited for.
STAND_STILL = """Promise.allSettled(
    document.getAnimations()
        .filter(one => one.playState === 'running' && Number.isFinite(one.effect.getComputedTiming().endTime))
        .map(one => one.finished)
).then(() => undefined)"""


def grave_violations(page: Page) -> list[str]:
    """Violations of impact serious or critical, each with its first elements.

    Args:
        page: a page whose data are there.
    """
    page.evaluate(AXE.read_text("utf-8"))
    page.evaluate(STAND_STILL)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found if one["impact"] in GRAVE
    ]


def accessible(page: Page) -> None:
    """No violation of impact serious or critical, and nothing wider than the window."""
    assert grave_violations(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1

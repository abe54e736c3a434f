"""Many cases with their clocks, findings and events, written by plain SQL: a seeded fast path for measurements only.

The events carry hashes of their own that are no chain: nothing here is evidence of anything.
"""

from __future__ import annotations

from django.db import connection

from qingtian.packs.procedures import load_procedures

OBJECTS = 5000
REGIONS = ("420102", "420103", "420104", "420105", "420106", "420107", "420111", "420112")

ITEMS = """
INSERT INTO registry_registryobject (type, code, name, name_en, region_code, lon, lat, enterprise_code, attributes,
    simulated, valid_from, recorded_at {more_names})
SELECT 'outlet', 'B-' || n, '排口 ' || n, 'outlet ' || n, (%s::text[])[1 + n %% 8], 114 + (n %% 500) * 0.001,
    30 + (n / 500) * 0.01, 'E-' || (n %% 800), '{{}}', true, '2020-01-01', now() {more_values}
FROM generate_series(1, %s) n
"""

CASES = """
INSERT INTO cases_case (number, template, template_version, state, state_since, title, title_en, object_id, region_code,
    enterprise_code, place, org, first_org, asked_org, bounces, kind, about, parameter, rule_id, severity, fields,
    responsible, opened_by, opened_at, due_at, next_due_at, relation, rebound_depth, simulated, revision,
    written_off_at, closed_at)
SELECT 'B-2025-' || lpad(n::text, 6, '0'), (%(templates)s::text[])[k], (%(versions)s::text[])[k],
    (%(states)s::text[])[k], t, '样例事项 ' || n, 'sample case ' || n, o.id, o.region_code, o.enterprise_code,
    '', '', '', '', 0, 'exceedance', '',
    'a21002', 'exceedance.permit_hour', 1 + n %% 4, jsonb_build_object('problem', '小时值超标 ' || n),
    'person' || (n %% 50), 'dispatch', t, t + interval '60 days', t + interval '60 days', '', 0, true, 1, NULL,
    CASE WHEN (%(finals)s::bool[])[k] THEN t + interval '30 days' END
FROM (SELECT n, 1 + (n * 7919) %% %(kinds)s AS k, timestamptz '2025-11-24 10:00+08' - make_interval(mins => n * 5) AS t
      FROM generate_series(1, %(count)s) n) c
JOIN registry_registryobject o ON o.code = 'B-' || (1 + c.n %% %(objects)s)
"""

CLOCKS = """
INSERT INTO cases_caseclock (case_id, code, started_on, due_on, pauses, extended, provisional, warned, rule)
SELECT id, 'rectification', opened_at::date, due_at::date, '[]', 0, false, 0,
    '{"n": 60, "unit": "days", "mode": "natural", "roll": true, "label_zh": "期限", "label_en": "Period", "main": true,
      "binding": true, "source": "bench", "clause": "1", "confidence": "D"}'
FROM cases_case
"""

EVENTS = """
INSERT INTO journal_event (seq, actor, role, at, type, object_type, object_id, payload, prev_hash, hash)
SELECT %(base)s + row_number() OVER (), 'person' || (e %% 50), 'handler', c.opened_at + make_interval(hours => e),
    'case.recorded', 'case', c.id::text,
    jsonb_build_object('number', c.number, 'fields', jsonb_build_object('note', e)),
    repeat('0', 64), md5(c.id || '-' || e) || md5(e || '+' || c.id)
FROM cases_case c CROSS JOIN generate_series(1, %(each)s) e
"""


def fill(cases: int, events: int) -> None:
    """Write objects, cases over every state of every procedure, a clock each, and the events."""
    rows = [
        (template.code, template.version, state.code, state.final)
        for template in load_procedures().values()
        for state in template.states
    ]
    templates, versions, states, finals = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        names, values = _required(cursor)
        cursor.execute(ITEMS.format(more_names=names, more_values=values), [list(REGIONS), OBJECTS])
        facts = {"templates": templates, "versions": versions, "states": states, "finals": finals}
        cursor.execute(CASES, facts | {"kinds": len(rows), "count": cases, "objects": OBJECTS})
        cursor.execute(CLOCKS)
        cursor.execute("SELECT coalesce(max(seq), 0) FROM journal_event")
        base = cursor.fetchone()[0]
        cursor.execute(EVENTS, {"base": base, "each": max(1, events // cases)})
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does in time


def _required(cursor: object) -> tuple[str, str]:
    """Columns of the register that have come since and take no NULL."""
    cursor.execute(  # type: ignore[attr-defined]
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'registry_registryobject' "
        "AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
    )
    known = {
        *("type", "code", "name", "name_en", "region_code", "lon", "lat", "enterprise_code", "attributes"),
        *("simulated", "valid_from", "recorded_at", "id"),
    }
    blank = {"character varying": "''", "text": "''", "jsonb": "'{}'", "boolean": "false"}
    more = [(name, blank[kind]) for name, kind in cursor.fetchall() if name not in known]  # type: ignore[attr-defined]
    return "".join(f", {name}" for name, _ in more), "".join(f", {value}" for _, value in more)

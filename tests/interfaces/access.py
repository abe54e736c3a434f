"""Who may reach what: every operation of the contract, one line each, one column for everybody.

Columns: v visitor, c citizen, e the enterprise itself, o another enterprise, w window, d dispatcher, h handler,
i inspector, l legal reviewer, a approver, s supervisor, u auditor, t data steward, x dispatcher of another district.
Signs: . done, 1 not signed in, 3 not permitted, 4 not there (hidden), 9 not in this state, 2 refused input.
"""

from __future__ import annotations

COLUMNS = {
    "v": "anonymous",
    "c": "citizen",
    "e": "enterprise",
    "o": "other_enterprise",
    "w": "window",
    "d": "dispatcher",
    "h": "handler",
    "i": "inspector",
    "l": "legal_reviewer",
    "a": "approver",
    "s": "supervisor",
    "u": "auditor",
    "t": "data_steward",
    "x": "other_district",
}
SIGNS = {200: ".", 201: ".", 202: ".", 401: "1", 403: "3", 404: "4", 409: "9", 422: "2"}
TABLE = """
                                                         vceowdhilasutx
GET    /activations                                      133333333333.3
GET    /air/categories                                   ..............
GET    /air/evaluation                                   1.............
GET    /air/evaluation/export.csv                        1.............
GET    /cases                                            1.............
GET    /cases/export.csv                                 1.............
GET    /cases/{case_id}                                  14.4.........4
POST   /cases/{case_id}/assign                           14343.3333.334
POST   /cases/{case_id}/clocks/{code}/pause              143433333..334
POST   /cases/{case_id}/clocks/{code}/resume             14343333399334
POST   /cases/{case_id}/evidence                         14.43...3..334
POST   /cases/{case_id}/evidence/observation             14.43...3..334
GET    /cases/{case_id}/evidence/package                 14.4.........4
GET    /cases/{case_id}/evidence/verify                  14.4.........4
GET    /cases/{case_id}/evidence/{item_id}/content       14.4.........4
POST   /cases/{case_id}/evidence/{position}/review       14343339..3334
POST   /cases/{case_id}/fields                           14.43...3..334
POST   /cases/{case_id}/findings/{finding_id}            14343.3333.334
POST   /cases/{case_id}/transitions                      14343993333334
GET    /commands                                         1.............
GET    /commands/export.csv                              1.............
GET    /commands/{number}                                14.4.........4
POST   /commands/{number}/cancel                         1434333.33.3.4
PUT    /demo/clock                                       14444444444444
POST   /demo/session                                     44444444444444
GET    /devices                                          1.............
POST   /devices                                          133333333333.3
GET    /devices/export.csv                               1.............
GET    /devices/form                                     1.............
GET    /devices/sites                                    1.............
GET    /devices/{mn}                                     14.4.........4
PATCH  /devices/{mn}                                     143433333333.4
GET    /devices/{mn}/arrivals                            14.4.........4
GET    /devices/{mn}/catalogue                           14.4.........4
POST   /devices/{mn}/commands                            14343...33.3.4
POST   /devices/{mn}/first-contact                       1434333.33.3.4
GET    /devices/{mn}/frames                              14.4.........4
GET    /devices/{mn}/readings                            14.4.........4
GET    /devices/{mn}/readings/{cn}                       14.4.........4
GET    /enterprises                                      1.............
GET    /enterprises/{code}                               14.4.........4
GET    /events                                           1333333333..33
GET    /findings                                         1.............
POST   /findings/confirm                                 14343...33.334
GET    /findings/export.csv                              1.............
GET    /findings/{finding_id}                            14.4.........4
POST   /findings/{finding_id}/answer                     14.43333333334
POST   /findings/{finding_id}/confirm                    14343...33.334
POST   /findings/{finding_id}/dismiss                    14343.3.33.334
POST   /findings/{finding_id}/merge                      14343.3.333334
POST   /findings/{finding_id}/open-case                  14343.3333.334
POST   /findings/{finding_id}/self-correct               14343.3.333334
POST   /frames/explain                                   1.............
GET    /frames/{frame}                                   14.4.........4
GET    /frames/{frame}/verify                            14.4.........4
GET    /gaps                                             1.............
GET    /gaps/export.csv                                  1.............
GET    /gateway                                          13333.3.33...3
GET    /health                                           ..............
GET    /journal/verify                                   1333333333..33
GET    /map/points                                       1.............
GET    /meta                                             ..............
GET    /newcomers                                        13333.3.33...3
GET    /newcomers/export.csv                             13333.3.33...3
GET    /newcomers/{mn}                                   13333434334443
POST   /newcomers/{mn}/adopt                             13333434334443
GET    /outlets/{code}                                   14.4.........4
GET    /overview                                         1.............
GET    /people                                           1333..........
GET    /pollutants                                       ..............
GET    /readmissions                                     1.............
POST   /readmissions                                     143433333333.4
GET    /readmissions/{order_id}                          14444444444444
GET    /regions                                          1.............
GET    /rejects                                          13333.3.33...3
GET    /rejects/export.csv                               13333.3.33...3
GET    /rejects/summary                                  13333.3.33...3
GET    /rejects/{sha256}                                 13333434334443
GET    /rules                                            1.............
GET    /series                                           14.4.........4
GET    /series/export.csv                                14.4.........4
DELETE /session                                          ..............
GET    /session                                          ..............
POST   /session                                          11111111111111
GET    /stations                                         1.............
GET    /stations/export.csv                              1.............
GET    /stations/{code}                                  1.............
"""


def table() -> dict[tuple[str, str], dict[str, str]]:
    """Expected sign by operation and person."""
    head, *lines = TABLE.strip("\n").splitlines()
    letters = head.split()[0]
    rows = (line.split() for line in lines)
    return {
        (method, f"/api/v1{path}"): {COLUMNS[letter]: sign for letter, sign in zip(letters, signs, strict=True)}
        for method, path, signs in rows
    }

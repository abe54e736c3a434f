"""A real OpenID Connect provider (Canaille) with people in groups; a process of its own: `python provider_process.py PORT CLIENT_PORT`."""

from __future__ import annotations

import os
import sys

PASSWORD = "correct horse battery"
PEOPLE = {
    "zhang": ("张值班", ["env-duty"]),
    "qian": ("钱审计", ["env-audit", "staff"]),
    "sun": ("孙员工", ["staff"]),
    "duty": ("同名者", ["env-duty"]),
    "zhou": ("周执法", ["env-field"]),
    "feng": ("冯不愿", ["env-duty"]),
    "wu": ("吴停用", ["env-duty"]),
}
CLIENT, SECRET = "qingtian", "a secret of the two"


def main(port: int, redirect: str) -> None:
    """Serve until killed."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "true"
    from canaille import create_app
    from canaille.app import models
    from canaille.backends import Backend
    from canaille.backends.memory.backend import MemoryBackend
    from joserfc.jwk import RSAKey
    from werkzeug.serving import make_server

    plain = MemoryBackend.do_query

    def every(self: object, model: type, *args: object, **wanted: object) -> list[object]:
        # Canaille's memory backend joins conditions by OR: any code of the client, the consent of anybody.
        if len(wanted) < 2:
            return list(plain(self, model, *args, **wanted))
        held = [{row.id: row for row in plain(self, model, **{name: value})} for name, value in wanted.items()]
        return [held[0][one] for one in set.intersection(*map(set, held))]

    MemoryBackend.do_query = every
    key = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)
    app = create_app(
        {
            "SECRET_KEY": "of the provider",
            "SERVER_NAME": f"127.0.0.1:{port}",
            "PREFERRED_URL_SCHEME": "http",
            "WTF_CSRF_ENABLED": False,  # the test types the password without a browser
            "CANAILLE": {"DATABASE": "memory", "JAVASCRIPT": False, "ACL": {"DEFAULT": {"PERMISSIONS": ["use_oidc"]}}},
            "CANAILLE_OIDC": {
                "ACTIVE_JWKS": [key],
                "USERINFO_MAPPING": {"PREFERRED_USERNAME": "{{ user.user_name }}"},
            },
        }
    )
    with app.app_context():
        backend = Backend.instance
        groups: dict[str, list[object]] = {}
        for name, (shown, held) in PEOPLE.items():
            user = models.User(
                user_name=name, formatted_name=shown, family_name=shown, emails=[f"{name}@x.test"], password=PASSWORD
            )
            backend.save(user)
            for group in held:
                groups.setdefault(group, []).append(user)
        for group, members in groups.items():
            backend.save(models.Group(display_name=group, members=members))
        client = models.Client(
            client_id=CLIENT,
            client_name="Qingtian",
            client_uri=redirect,
            client_secret=SECRET,
            redirect_uris=[redirect],
            grant_types=["authorization_code"],
            response_types=["code"],
            scope=["openid", "profile", "groups"],
            token_endpoint_auth_method="client_secret_basic",
        )
        backend.save(client)
        client.audience = [client]
        backend.save(client)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

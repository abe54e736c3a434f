"""How passwords are hashed (ADR 0023): scrypt of Python's own library, memory-hard, no further dependency."""

from __future__ import annotations

from django.contrib.auth.hashers import ScryptPasswordHasher


class Scrypt(ScryptPasswordHasher):
    """scrypt with N = 2^15, r = 8, p = 3: 32 MiB a guess (OWASP password storage, one of its equal settings)."""

    work_factor = 2**15
    parallelism = 3
    maxmem = 64 * 1024 * 1024

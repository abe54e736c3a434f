"""The ASGI application that `qingtian serve` runs."""

import os

from django.core.asgi import get_asgi_application

from qingtian.runtime.bodies import LimitedBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingtian.runtime.django_settings")
application = LimitedBodies(get_asgi_application())

"""Commands to devices, every frame of their dialogues, the devices' secrets, and missing data."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from qingtian.apps.devices.states import Direction, GapState, Origin, Priority, SecretKind, SecretState
from qingtian.apps.devices.visibility import CommandQuerySet, ExchangeQuerySet, GapQuerySet
from qingtian.apps.registry.models import RegistryObject
from qingtian.domain.hj212.dialogues import IN_FLIGHT, Phase, Reason


class DeviceCommand(models.Model):
    """One command to one device, from the order to its end."""

    number = models.CharField(max_length=20, unique=True)
    device = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="commands")
    mn = models.CharField(max_length=32)  # device number that it is sent to; differs from the device's for 1002
    cn = models.CharField(max_length=4)
    params: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)  # masked
    sealed = models.TextField(blank=True)  # the parameters with their secrets, encrypted; empty without any
    priority = models.CharField(max_length=8, choices=[(one.value, one.value) for one in Priority])
    origin = models.CharField(max_length=16, choices=[(one.value, one.value) for one in Origin])
    state = models.CharField(
        max_length=10, choices=[(one.value, one.value) for one in Phase], default=Phase.QUEUED, db_index=True
    )
    reason = models.CharField(max_length=500, blank=True)  # why it was ordered
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    data_begin = models.DateTimeField(null=True, blank=True)  # history: first period asked for
    data_end = models.DateTimeField(null=True, blank=True)  # history: start of the last period asked for
    qn = models.CharField(max_length=17, blank=True)
    taken_by = models.CharField(max_length=100, blank=True)  # the gateway that sends it
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)  # data frames that came
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, choices=[(one.value, one.value) for one in Reason], blank=True)
    code = models.IntegerField(null=True, blank=True)  # QnRtn or ExeRtn of the end
    end_note = models.CharField(max_length=500, blank=True)
    values: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)  # read back
    simulated = models.BooleanField(default=False)

    objects = CommandQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["mn"], condition=Q(state__in=sorted(IN_FLIGHT)), name="one_command_under_way_per_device"
            ),
        ]
        indexes = [
            models.Index(fields=["device", "-id"]),
            models.Index(fields=["device", "cn", "-ended_at"]),
            models.Index(fields=["qn"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.cn} {self.mn} {self.state}"


class DeviceExchange(models.Model):
    """One frame of a dialogue, or a message of a device; rows are only ever added (triggers refuse the rest)."""

    serial = models.CharField(max_length=60, unique=True)  # given by the gateway: a repeated report adds nothing
    command = models.ForeignKey(
        DeviceCommand, null=True, blank=True, on_delete=models.PROTECT, related_name="exchanges"
    )
    device = models.ForeignKey(
        RegistryObject, null=True, blank=True, on_delete=models.PROTECT, related_name="exchanges"
    )
    mn = models.CharField(max_length=32)
    direction = models.CharField(max_length=6, choices=[(one.value, one.value) for one in Direction])
    cn = models.CharField(max_length=4, blank=True)
    qn = models.CharField(max_length=40, blank=True)
    frame_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the frame without its line end
    at = models.DateTimeField()
    happening = models.CharField(max_length=20)  # what it was in the dialogue, or what the device said
    code = models.IntegerField(null=True, blank=True)  # QnRtn or ExeRtn
    text = models.TextField(blank=True)  # the frame with passwords and keys masked
    detail: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict, blank=True)

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["mn", "-id"]), models.Index(fields=["device", "happening", "-at"])]

    def __str__(self) -> str:
        return f"{self.direction} {self.cn} {self.happening} {self.mn}"


class DeviceSecret(models.Model):
    """A password or key that a device was given; never readable without the deployment's secret."""

    device = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=[(one.value, one.value) for one in SecretKind])
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in SecretState])
    sealed = models.TextField()
    command = models.ForeignKey(DeviceCommand, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "kind"], condition=Q(state=SecretState.ACTIVE), name="one_active_secret_per_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.device_id}: {self.state}"


class DeviceGap(models.Model):
    """Periods that a device was bound to send and did not, as one block of the reporting calendar."""

    device = models.ForeignKey(RegistryObject, on_delete=models.PROTECT, related_name="gaps")
    cn = models.CharField(max_length=4)  # the command that asks for them
    block = models.DateTimeField()  # start of the block on the calendar
    begin = models.DateTimeField()  # start of the first missing period
    end = models.DateTimeField()  # start of the last missing period
    periods = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=[(one.value, one.value) for one in GapState], default=GapState.OPEN)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    found_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    command = models.ForeignKey(DeviceCommand, null=True, blank=True, on_delete=models.PROTECT, related_name="gaps")
    reason_zh = models.CharField(max_length=300, blank=True)  # why it was given up
    reason_en = models.CharField(max_length=300, blank=True)

    objects = GapQuerySet.as_manager()

    class Meta:
        ordering = ["-block", "device_id"]
        constraints = [models.UniqueConstraint(fields=["device", "cn", "block"], name="gap_once_per_block")]
        indexes = [models.Index(fields=["state", "next_try_at"])]

    def __str__(self) -> str:
        return f"{self.cn} of {self.device_id} from {self.begin:%Y-%m-%d %H:%M}: {self.periods} {self.state}"

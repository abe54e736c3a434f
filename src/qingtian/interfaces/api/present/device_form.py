"""The form of a device, made from the table of its settings."""

from __future__ import annotations

from qingtian.apps.accounts.actor import Actor
from qingtian.apps.accounts.permissions import TABLE, Verb
from qingtian.apps.registry.device_settings import SETTINGS, Setting, SettingGroup
from qingtian.interfaces.api.present.words import settings as words
from qingtian.interfaces.api.schemas.base import Choice
from qingtian.interfaces.api.schemas.devices import DeviceForm, FieldRule


def device_form(actor: Actor) -> DeviceForm:
    """Every field with its words, limits and default."""
    return DeviceForm(
        fields=[_field(one) for one in SETTINGS],
        groups=[
            Choice(value=one.value, label_zh=words.GROUPS[one].zh, label_en=words.GROUPS[one].en)
            for one in SettingGroup
        ],
        mn_remedy_zh=words.MN_REMEDY.zh,
        mn_remedy_en=words.MN_REMEDY.en,
        may_register=bool(actor.roles & TABLE[Verb.REGISTER_OBJECT]),
    )


def _field(setting: Setting) -> FieldRule:
    told = words.SETTINGS[setting.name]
    default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    return FieldRule(
        name=setting.name,
        group=setting.group.value,
        kind=setting.kind.value,
        default=default,
        choices=[
            Choice(
                value=one,
                label_zh=words.choice_word(setting.name, one).zh,
                label_en=words.choice_word(setting.name, one).en,
            )
            for one in setting.choices
        ],
        least=setting.least,
        most=setting.most,
        unit=setting.unit,
        label_zh=told.label.zh,
        label_en=told.label.en,
        help_zh=told.help.zh,
        help_en=told.help.en,
    )

"""Ways to the outside: e-mail, text message, webhook, group robots; `ChannelError` when a word was not taken."""

from qingtian.apps.notices.channels.sending import send

__all__ = ["send"]

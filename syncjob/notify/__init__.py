"""Telling people and programs how a run ended (CONTRACT 11): pings, a webhook, mail, and the file for those who fix it.

What enters: the group `notify` of the config and `News`, a run in figures. What leaves: messages, and the sentences of
those that could not be sent; nothing here raises for a server that is away. Promised: messages hold counts and reasons,
never a contact (only `hand_off` mails a file), no secret stands in any sentence, log or error, no redirect is followed.

    news      what is worth telling, and whether it is news to somebody who was told before; pure
    wording   the message as text, JSON, Slack and Teams; pure
    told      what each channel was last told, in a small file of the account
    posting   one HTTP request to a secret address
    mailing   one mail over SMTP
    channels  the config's channels, each told what it has to know
"""

from syncjob.notify.channels import HandOver, Teller
from syncjob.notify.news import News

__all__ = ["HandOver", "News", "Teller"]

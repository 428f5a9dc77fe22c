# SPDX-License-Identifier: Apache-2.0
"""The transports that the settings ask for."""

from yizhan.domain.verification import Channel
from yizhan.outbox.http_sms import HttpSmsTransport
from yizhan.outbox.smtp import SmtpTransport
from yizhan.outbox.tencent_sms import TencentSmsTransport
from yizhan.outbox.transports import Transport
from yizhan.settings import Settings, SettingsError


def transports(settings: Settings) -> dict[Channel, Transport | None]:
    """What takes messages out, as far as it is set, though the outbox may capture by default.

    Raises:
        SettingsError.
    """
    outbox = settings.outbox
    mail: Transport | None = None
    phone: Transport | None = None
    try:
        if outbox.sms == "tencent" or (outbox.sms == "capture" and settings.tencent_sms.secret_id):
            phone = TencentSmsTransport(settings.tencent_sms)
        elif settings.http_sms.url:
            phone = HttpSmsTransport(settings.http_sms)
        if settings.smtp.host and settings.smtp.sender:
            mail = SmtpTransport(settings.smtp)
    except ValueError as error:
        raise SettingsError([str(error)]) from None
    return {"email": mail, "phone": phone}

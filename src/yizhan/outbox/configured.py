# SPDX-License-Identifier: Apache-2.0
"""The transports that the settings ask for.

Each is imported where it is asked for: with what they need they take some 10 MB, and a server that
captures, or whose sending process has them, does without.
"""

from yizhan.domain.verification import Channel
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
            from yizhan.outbox.tencent_sms import TencentSmsTransport

            phone = TencentSmsTransport(settings.tencent_sms)
        elif settings.http_sms.url:
            from yizhan.outbox.http_sms import HttpSmsTransport

            phone = HttpSmsTransport(settings.http_sms)
        if settings.smtp.host and settings.smtp.sender:
            from yizhan.outbox.smtp import SmtpTransport

            mail = SmtpTransport(settings.smtp)
    except ValueError as error:
        raise SettingsError([str(error)]) from None
    return {"email": mail, "phone": phone}

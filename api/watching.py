"""The watch over every order and what speaks first, of one house: built here, run once a minute, carried by mail."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from agent.proactive.speaking import AT_HELPDESK, KIND, STEP, Speaking, Spoken, Voice
from api.settings import MailSettings
from api.tables import visits
from api.widget.stage import CHANNEL
from connectors.delivery import Carrier
from connectors.mail.spool import Spool
from tools.orders import outbox
from tools.orders.model import CustomerId
from tools.orders.outbox import Message

if TYPE_CHECKING:
    from api.wiring import House
    from tools.orders.alerts.pages import Progress
    from tools.orders.alerts.scanning import Look, Watch

PATIENCE = 30.0
log = structlog.get_logger()


class Watching:
    def __init__(self, house: House) -> None:
        self._house = house
        self._running: threading.Thread | None = None

    @cached_property
    def watch(self) -> Watch:
        return self.watch_with(lambda *_: None)

    def watch_with(self, progress: Progress) -> Watch:
        from tools.orders.alerts.scanning import Watch

        house = self._house
        zone = lambda: ZoneInfo(house.policy.terms.timezone)  # noqa: E731 - the policy of that moment
        return Watch(house.database, lambda: house.policy.proactive, zone, house.now, progress)

    @cached_property
    def speaking(self) -> Speaking:
        house = self._house
        voice = Voice(house.database, house.orders, lambda: house.policy, house.keyed, house.now, self._reaches)
        return Speaking(voice)

    def run(self, whole: bool = False) -> tuple[Look, Spoken]:
        """One look, and what may be said after it."""
        return self.watch.run(whole), self.speaking.run()

    def minutely(self) -> None:
        """Beside everything else: the first look at a large shop takes longer than a turn may wait."""
        if self._house.policy.proactive.mode == "off" or (self._running and self._running.is_alive()):
            return
        self._running = threading.Thread(target=self._beside, name="watch", daemon=True)
        self._running.start()

    def _beside(self) -> None:
        try:
            look, spoken = self.run()
        except SQLAlchemyError as error:
            log.error("watch.database", error=type(error).__name__)
            return
        if look.alerts or spoken.told or spoken.drafts:
            log.info("watch.looked", orders=look.orders, alerts=look.alerts, told=spoken.told, drafts=spoken.drafts)

    def close(self) -> None:
        if self._running:
            self._running.join(PATIENCE)

    # -- where it goes ---------------------------------------------------------------------------------------

    def carriers(self) -> dict[str, Carrier]:
        return {KIND: self.carry, AT_HELPDESK: self.into_conversation}

    def carry(self, message: Message) -> None:
        """A mail of its own. Who is gone, or wants no more of them since it was put, is written nothing."""
        house, body = self._house, message.body
        if "reply" not in body:
            return  # its words were erased
        if body["mode"] == "draft":
            self._for_the_team(message)
            return
        customer = house.orders.customer(CustomerId(str(body["customer"])))
        if customer is None or not house.orders.wants(customer.id, STEP):
            return
        signs = {"X-AI-Generated": f"yes; {house.policy.voice.assistant}"}
        if body["stop"]:
            signs |= {"List-Unsubscribe": f"<{body['stop']}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        letter = {"to": customer.email, "subject": body["subject"], "text": f"{body['reply']}\n", "headers": signs}
        self._post(replace(message, body=letter))

    def into_conversation(self, message: Message) -> None:
        """Where they wrote to us last. Else by mail: not theirs alone, a person's, closed, gone, refused."""
        body = message.body
        customer = self._house.orders.customer(CustomerId(str(body["customer"]))) if "reply" in body else None
        if customer is None or not self._house.orders.wants(customer.id, STEP):
            return
        if not self.speaking.still_holds(message.key):
            return
        turns = self._house.helpdesks.get(str(body["conversation"]).partition(":")[0])
        if turns is None or not turns.begins(message, customer.email):
            self.speaking.by_mail(message.key)

    def _post(self, letter: Message) -> None:
        mail = self._house.mail
        (mail.send if mail else Spool(self._house.settings.home / "outgoing-mail").write)(letter)

    def _for_the_team(self, message: Message) -> None:
        """Drafts are read by the shop's own people: by mail where the team has an address, and always at the desk."""
        team = MailSettings().team
        if not (team and self._house.mail):
            return
        text = f"Would be sent first, and was not ([proactive] mode is draft):\n\n{message.body['reply']}\n"
        letter = {"to": team, "subject": f"[Wismo] {message.body['subject']}", "text": text, "headers": {}}
        with self._house.database.write() as db:
            outbox.put(db, f"{message.key}:team", "note.mail", letter, self._house.now())

    def _reaches(self, channel: str, conversation: str) -> str:
        """The widget only while a visit is open: what nobody sees was not told."""
        if channel in self._house.connections.channels:
            return "helpdesk"
        if channel != CHANNEL:
            return ""
        now = self._house.now().isoformat()
        here = (visits.c.conversation == conversation) & (visits.c.expires_at > now)
        with self._house.database.read() as db:
            return CHANNEL if db.execute(select(func.count()).select_from(visits).where(here)).scalar_one() else ""

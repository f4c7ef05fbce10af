"""The one place that builds everything. Nothing is built at import; each part when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from agent import anchors, ratings
from agent.case import ConversationId
from agent.costs import Costs
from agent.identity import attempts
from agent.identity.ladder import Identity
from agent.identity.tokens import TokenKeys
from agent.learning.ticket import LEARNED
from agent.policy import Policy
from api.connected import mailing, thinking
from api.connected.buying import Buying
from api.connected.helpdesks import Connections, given_in
from api.connected.systems import Systems
from api.desk.line import Line
from api.desk.playing import Playing
from api.desk.speaking import Ways
from api.edge.arrivals import Arrivals
from api.ground import Ground, utc_now
from api.privacy.aging import Aged, age
from api.settings import MailSettings, ModelSettings, Settings
from api.watching import Watching
from api.widget.hub import Hub
from api.widget.people import from_the_desk
from api.widget.stage import CHANNEL, Stage
from connectors.delivery import Carrier, Delivery
from connectors.mail.smtp import Server, Smtp
from connectors.outbound import Outbound
from connectors.reconciling import Changed, Reconciling
from connectors.worker import Handler, Worker
from eval.metrics import figures
from tools.orders.model import Clock
from tools.orders.service import Orders
from tools.registry import Registry
from tools.shop import Shop
from tools.verbs import TOOLS

if TYPE_CHECKING:
    from agent.brains import Brain
    from agent.brains.embedded import EmbeddedBrain
    from agent.brains.model.asking import Chat
    from agent.case import Incoming
    from agent.desk import Desk
    from agent.gaps.rehearsal import Rehearsal
    from agent.learning.learning import Learner
    from connectors.helpdesks.turns import Turns


class House(Ground):
    """A shop's Wismo, whole. Close it when done."""

    @cached_property
    def orders(self) -> Orders:
        return Orders(self.database, lambda: self.policy.terms, self.now, self.systems.feeds)

    @cached_property
    def tools(self) -> Registry:
        return Registry(TOOLS, Shop(self.orders, self.help))

    @cached_property
    def embedded(self) -> EmbeddedBrain:
        from agent.brains.embedded import EmbeddedBrain

        return EmbeddedBrain(self.intents, self.language, self.policy)

    @cached_property
    def chat(self) -> Chat | None:
        """The language model's server, where one is connected; an evaluation is given one, or has none."""
        return None if self.settings.is_apart else thinking.server(self.policy, ModelSettings())

    @cached_property
    def brain(self) -> Brain:
        if self.chat is None:
            return self.embedded
        costs = None if self.settings.is_apart else Costs(self.database, lambda: self.policy, self.now)
        return thinking.brain(self.chat, self.policy, self.tools, self.embedded, costs)

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """The path without anything that does or keeps: for questions that are asked again."""
        from agent.gaps.rehearsal import Rehearsal

        def tools_at(moment: datetime) -> Registry:
            return Registry(TOOLS, Shop(self.orders_at(moment), self.help))

        return Rehearsal(self.embedded, tools_at, self.policy, self.identity.sends_codes)

    def rehearsal_under(self, policy: Policy) -> Rehearsal:
        """The same, were this the shop's policy; read by the embedded brain, which says the same every time."""
        from agent.brains.embedded import EmbeddedBrain
        from agent.gaps.rehearsal import Rehearsal

        def tools_at(moment: datetime) -> Registry:
            orders = Orders(self.database, lambda: policy.terms, lambda: moment)
            return Registry(TOOLS, Shop(orders, self.help))

        brain = EmbeddedBrain(self.intents, self.language, policy)
        return Rehearsal(brain, tools_at, policy, self.identity.sends_codes)

    @cached_property
    def learner(self) -> Learner:
        from agent.learning.help import HelpCentre
        from agent.learning.learning import Learner

        keyed = self.keyed
        helps = HelpCentre(self.help, self.meanings).says
        return Learner(
            self.intents, self.language, self.policy, self.meanings, helps, lambda who: keyed.of(LEARNED, who)
        )

    @cached_property
    def desk(self) -> Desk:
        from agent.desk import Desk

        return Desk(
            self.database,
            self.orders,
            self.tools,
            self.brain,
            self.policy,
            self.now,
            self.identity,
            delivered=(*self.connections.channels, CHANNEL),
        )

    @cached_property
    def hub(self) -> Hub:
        """Open streams of the widget, of this process."""
        return Hub(lambda: self.database, self.now)

    @cached_property
    def line(self) -> Line:
        """To the open pages of the desk, of this process."""
        return Line(lambda: self.database, self.now, lambda: self.connections.channels, self.playing.stamp)

    @cached_property
    def playing(self) -> Playing:
        """Evaluations that pages begin."""
        return Playing(self.settings.home)

    @cached_property
    def stage(self) -> Stage:
        return Stage(self.database, self.desk, self.now, self.hub.woken)

    @cached_property
    def identity(self) -> Identity:
        return Identity(
            self.database,
            self.orders,
            self.policy,
            self.keyed,
            TokenKeys(self.settings.token_keys),
            self.now,
            mails=self.mail is not None,
        )

    @cached_property
    def mail(self) -> Smtp | None:
        """The mail server, when one is connected."""
        given = MailSettings()
        if not given.connected:
            return None
        password = given.password.get_secret_value()
        return Smtp(Server(given.host, given.port, given.sender, given.user, password, given.tls))

    @cached_property
    def connections(self) -> Connections:
        return Connections(given_in(self.settings.home), self.now)

    @cached_property
    def ways(self) -> Ways:
        """How a person's answer at the desk leaves; a channel with more to do brings its own."""
        return Ways(self.connections.channels, {CHANNEL: from_the_desk})

    @cached_property
    def helpdesks(self) -> Mapping[str, Turns]:
        """Of each connected helpdesk, what reads from it and says into it."""
        from connectors.helpdesks.turns import Manners, Turns

        def turns(channel: str) -> Turns:
            given = self.connections.given[channel]
            manners = Manners(given.replies_per_hour, self.suggest if given.copilot else None, self.rated)
            return Turns(self.connections.clients[channel], self.desk, channel, self.now, manners)

        return {channel: turns(channel) for channel in self.connections.channels}

    def suggest(self, incoming: Incoming) -> str | None:
        """What Wismo would say, for the people who hold the conversation; nothing is done by it."""
        from agent.copilot import Copilot

        return Copilot(self.brain, self.tools, self.policy, self.identity, self.now).suggest(incoming)

    def rated(self, conversation: str, score: int) -> None:
        """How content a customer was, as the helpdesk tells it; again and again, for it is kept once."""
        with self.database.write() as db:
            ratings.keep(db, ConversationId(conversation), score, self.now())

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """What may be fetched although it lies in the LAN: what the operator named, and the vendors' own addresses."""
        return (*self.settings.outbound_hosts, *self.connections.addresses)

    def outbound(self) -> Outbound:
        """For addresses that come from data. The caller closes it."""
        return Outbound(self.trusted_hosts)

    @cached_property
    def delivery(self) -> Delivery:
        """Whatever leaves by the outbox: the sandbox provider, the widget, and the helpdesks that are connected."""
        carriers: dict[str, Carrier] = self.buying.carriers() | self.systems.carriers()
        carriers[f"reply.{CHANNEL}"] = lambda message: self.stage.carry(message)
        if self.mail:
            carriers |= mailing.carriers(self, self.mail) | {"mail.transcript": self.mail.send}
        carriers |= self.watching.carriers()
        carriers |= {f"reply.{channel}": turns.deliver for channel, turns in self.helpdesks.items()}
        return Delivery(self.database, carriers, self.now)

    @cached_property
    def worker(self) -> Worker:
        handlers = self.buying.handlers() | self.systems.handlers()
        handlers |= {channel: self._reading(channel) for channel in self.helpdesks}
        return Worker(self.database, handlers, self.delivery, self.now, self._finish_decided, self.minutely)

    def _finish_decided(self) -> object:
        """By the desk of that moment: a changed policy makes another one."""
        return self.desk.finish_decided()

    def _reading(self, channel: str) -> Handler:
        return lambda event: self.helpdesks[channel].read(event)

    def work(self, stop: threading.Event, concurrency: int | None = None) -> None:
        """Until told to stop: threads of this process on SQLite; on PostgreSQL the engine, beside others."""
        hands = concurrency or self.settings.concurrency
        with self.noticing.beside():
            if self.database.path:
                return self.worker.run(stop, hands)
            from api.trials.sharded import work
            from connectors.engine import Engine
            from connectors.sharding import Sharding

            sharding = Sharding(self.database, self.worker, work)
            return Engine(self.database, self.worker, self.minutely, hands, sharding).run(stop)

    @cached_property
    def arrivals(self) -> Arrivals:
        """Where webhooks put their events."""
        return Arrivals(self.database, self.now, timedelta(seconds=self.settings.quiet_seconds))

    @cached_property
    def reconciling(self) -> Reconciling:
        """Asks whatever helpdesk can say what changed."""
        sources: dict[str, Changed] = {channel: one.changed_since for channel, one in self.connections.clients.items()}
        return Reconciling(self.database, sources, self.now, timedelta(seconds=self.settings.poll_seconds))

    @cached_property
    def buying(self) -> Buying:
        return Buying(self)

    @cached_property
    def systems(self) -> Systems:
        return Systems(self)

    @cached_property
    def watching(self) -> Watching:
        """The watch over every order, and what speaks first."""
        return Watching(self)

    def minutely(self) -> None:
        self.reconciling.run_once()
        self.buying.minutely()
        self.systems.minutely()
        self.watching.minutely()
        self.tidy()

    def tidy(self) -> None:
        """Once a minute: what ends by itself."""
        self.orders.expire_holds()
        self.desk.end_waiting()
        with self.database.write() as db:
            attempts.forget_old(db, self.now())
        anchors.keep(self.database, self.settings.anchors, self.now())
        self.age()

    def age(self) -> Aged | None:
        """What is older than `retention.personal_days` loses its words; None where the shop keeps everything."""
        days = self.policy.retention.personal_days
        if not days:
            return None
        with self.database.write() as db:
            return age(db, timedelta(days=days), self.now(), figures)

    def orders_at(self, moment: datetime) -> Orders:
        """The same core with its clock at another moment: the demo's past is told through it."""
        return Orders(self.database, lambda: self.policy.terms, lambda: moment)

    def warm(self) -> None:
        """Load what the first ticket would otherwise wait for."""
        self.embedder.embed(["warm"])
        _ = (self.desk, self.worker)
        with self.index.reading():
            pass

    def deliver(self) -> int:
        """Send what is due now; commands that run without a worker call this themselves."""
        return self.delivery.run_once()

    def close(self) -> None:
        for part in ("playing", "connections", "buying", "systems", "watching", "index", "chroma", "database", "chat"):
            if hasattr(self.__dict__.get(part), "close"):
                self.__dict__[part].close()


@contextmanager
def open_house(now: Clock = utc_now) -> Iterator[House]:
    """The house of this environment, closed again at the end."""
    house = House(Settings(), now)
    try:
        yield house
    finally:
        house.close()

"""Where things are and which vendors are connected, from environment variables. What the shop allows is shop.toml."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from api.edge.tokens import fresh_secret

POSTGRES = re.compile(r"(postgres|postgresql|postgresql\+psycopg)://")
ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9.\-]+)(:\d{1,5})?")

CONNECTED = "helpdesks.env"
"""What `wismo connect` writes, in the home."""


def _listed(given: object) -> object:
    return tuple(one.strip() for one in given.split(",") if one.strip()) if isinstance(given, str) else given


Several = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
"""One or more, separated by commas."""


class HelpdeskSettings(BaseSettings):
    """What every helpdesk has. From the environment, and below it from what `wismo connect` wrote in the home."""

    model_config = SettingsConfigDict(extra="ignore")

    base_url: str = Field("", description="where its API is")
    webhook_secret: SecretStr = Field(SecretStr(""), description="several, comma separated, while rotating")
    replies_per_hour: int = Field(10, ge=1, description="more than this in one conversation are a loop")
    copilot: bool = Field(True, description="suggest replies, as internal notes, where people answer")

    @classmethod
    def of(cls, home: Path) -> Self:
        return cls(_env_file=home / CONNECTED)

    @property
    def connected(self) -> bool:
        return bool(self.base_url)

    def secrets(self) -> tuple[str, ...]:
        return tuple(one.strip() for one in self.webhook_secret.get_secret_value().split(",") if one.strip())


class ZendeskSettings(HelpdeskSettings):
    """WISMO_ZENDESK_…; nothing set means that no Zendesk is connected."""

    model_config = SettingsConfigDict(env_prefix="WISMO_ZENDESK_", extra="ignore")

    base_url: str = Field("", description="https://your-subdomain.zendesk.com")
    client_id: str = Field("", description="OAuth client, grant client_credentials")
    client_secret: SecretStr = Field(SecretStr(""), description="its secret")
    email: str = Field("", description="legacy token mode: the agent's e-mail")
    api_token: SecretStr = Field(SecretStr(""), description="and its token (Zendesk ends it in April 2027)")
    tolerance_seconds: int = Field(300, description="how old a signed webhook may be")
    calls_per_minute: int = Field(200, ge=1, description="our own limit until Zendesk tells the account's")
    updates_per_minute: int = Field(100, ge=1, description="of all tickets together; 300 with Zendesk's add-on")


class IntercomSettings(HelpdeskSettings):
    """WISMO_INTERCOM_…"""

    model_config = SettingsConfigDict(env_prefix="WISMO_INTERCOM_", extra="ignore")

    base_url: str = Field("https://api.intercom.io", description="api.eu.intercom.io or api.au.intercom.io elsewhere")
    access_token: SecretStr = Field(SecretStr(""), description="the app's token; nothing set: no Intercom")
    admin_id: str = Field("", description="id of the teammate seat that Wismo writes as")
    app_id: str = Field("", description="the workspace's id; notifications of others are passed over")
    messenger_security: bool = Field(False, description="the workspace enforces signed-in users in the Messenger")
    beside_fin: bool = Field(False, description="answer also where Intercom's own agent took part")
    calls_per_minute: int = Field(1_000, ge=6, description="our own limit until Intercom tells the app's")

    @property
    def connected(self) -> bool:
        return bool(self.access_token.get_secret_value())


class FreshdeskSettings(HelpdeskSettings):
    """WISMO_FRESHDESK_…"""

    model_config = SettingsConfigDict(env_prefix="WISMO_FRESHDESK_", extra="ignore")

    base_url: str = Field("", description="https://your-domain.freshdesk.com")
    api_key: SecretStr = Field(SecretStr(""), description="the key of Wismo's agent")
    webhook_path: SecretStr = Field(SecretStr(""), description="the last part of the webhook's URL; hard to guess")
    calls_per_minute: int = Field(200, ge=1, description="our own limit until Freshdesk tells the account's")


class SunshineSettings(HelpdeskSettings):
    """WISMO_SUNSHINE_…: Zendesk's messaging, by Sunshine Conversations."""

    model_config = SettingsConfigDict(env_prefix="WISMO_SUNSHINE_", extra="ignore")

    base_url: str = Field("", description="https://your-subdomain.zendesk.com/sc")
    app_id: str = Field("", description="the app of Sunshine Conversations")
    key_id: str = Field("", description="its key")
    key_secret: SecretStr = Field(SecretStr(""), description="and the key's secret")
    integration: str = Field("wismo", description="the name of our switchboard integration")
    hand_to: str = Field("next", description="the switchboard integration that takes over")
    calls_per_minute: int = Field(600, ge=1, description="our own limit")


class MailSettings(BaseSettings):
    """WISMO_SMTP_…; without a host no letter leaves, and no one-time code is offered."""

    model_config = SettingsConfigDict(env_prefix="WISMO_SMTP_", extra="ignore")

    host: str = Field("", description="the mail server; nothing set: no letters and no one-time codes")
    port: int = Field(587, ge=1, le=65535, description="465 with tls=ssl, else 587 as a rule")
    user: str = Field("", description="who logs in there; nobody where it is empty")
    password: SecretStr = Field(SecretStr(""), description="and the password")
    sender: str = Field("", description='"The Shop <help@shop.example>"')
    tls: Literal["starttls", "ssl", "none"] = Field("starttls", description="how the way there is secured")
    team: str = Field("", description="address of the shop's own people: notes of hand-offs, drafts")
    per_hour: int = Field(10, ge=1, description="more letters than this to one conversation are a loop")

    @property
    def connected(self) -> bool:
        return bool(self.host and self.sender)


class ModelSettings(BaseSettings):
    """WISMO_LLM_…; the first two go before shop.toml's [model], the key stands nowhere else."""

    model_config = SettingsConfigDict(env_prefix="WISMO_LLM_", extra="ignore")

    base_url: str = Field("", description="an OpenAI-compatible server: https://api.openai.com/v1")
    model: str = Field("", description="the name of one of its models")
    api_key: SecretStr = Field(SecretStr(""), description="its key; it stands nowhere else")

    @field_validator("base_url")
    @classmethod
    def _address(cls, given: str) -> str:
        if given and not given.startswith(("https://", "http://")):
            raise ValueError(f"{given!r} is no address; write https://api.openai.com/v1 or http://localhost:11434/v1")
        return given


class Settings(BaseSettings):
    """WISMO_…; every path has a default that works from an empty folder."""

    model_config = SettingsConfigDict(env_prefix="WISMO_", extra="ignore")

    home: Path = Field(Path(".wismo"), description="database, knowledge, shop.toml and API token")
    database_url: SecretStr = Field(SecretStr(""), description="postgresql://…; without it SQLite in the home folder")
    chroma_url: str = Field("", description="http://host:8000; the help index on a server that several hosts share")
    chroma_token: SecretStr = Field(SecretStr(""), description="bearer token of a proxy before it")
    assets: Path = Field(Path(sys.prefix) / "share" / "wismo" / "minilm", description="exported embedding weights")
    reference: Path = Field(Path("../shared"), description="public data for some tests and proofs; never needed to run")
    host: str = Field("127.0.0.1", description="address on which wismo serve listens")
    port: int = Field(8000, ge=0, le=65535, description="and its port")
    quiet_seconds: float = Field(3.0, ge=0, le=600, description="messages that follow each other are one turn")
    concurrency: int = Field(4, ge=1, le=64, description="turns that one worker process takes at once")
    poll_seconds: int = Field(300, ge=30, description="how often a helpdesk is asked for events that never came")
    body_bytes: int = Field(1_000_000, ge=1_000, description="largest request body")
    rate_per_minute: int = Field(1_200, ge=1, description="requests of one token")
    strangers_per_minute: int = Field(120, ge=1, description="requests of one network address without a token")
    logins_per_minute: int = Field(10, ge=1, description="wrong logins of one network address")
    widget_per_minute: int = Field(20, ge=1, description="messages of one visitor of the widget")
    widget_network_per_minute: int = Field(600, ge=1, description="requests of the widget from one network address")
    allowed_origins: Several = Field((), description="sites whose pages may call /v1 and show the widget")
    outbound_hosts: Several = Field((), description="hosts that may be fetched although they are in the LAN")

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            if not ORIGIN.fullmatch(one):
                raise ValueError(f"{one!r} is no origin; write https://www.your-shop.com, without a path, never *")
        return given

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, given: SecretStr) -> SecretStr:
        if given.get_secret_value() and not POSTGRES.match(given.get_secret_value()):
            raise ValueError("write postgresql://user:password@host:5432/wismo; leave it empty for SQLite in the home")
        return given

    @field_validator("chroma_url")
    @classmethod
    def _server(cls, given: str) -> str:
        if given and not ORIGIN.fullmatch(given):
            raise ValueError(f"{given!r} is no server; write http://chroma.lan:8000, without a path")
        return given

    _is_apart: bool = PrivateAttr(False)

    @classmethod
    def apart(cls, home: Path) -> Self:
        """For an evaluation: a home and a database of its own, and no model, whatever the shop uses."""
        made = cls(home=home, database_url=SecretStr(""))
        made._is_apart = True
        return made

    @property
    def is_apart(self) -> bool:
        return self._is_apart

    @property
    def database(self) -> Path:
        """SQLite's file; `where` says whether it is used."""
        return self.home / "wismo.db"

    @property
    def where(self) -> Path | str:
        """As `Database` takes it."""
        given = self.database_url.get_secret_value()
        return POSTGRES.sub("postgresql+psycopg://", given) if given else self.database

    @property
    def token_keys(self) -> Path:
        """Keys of the shop's signed tokens, one file each (agent/identity/tokens.py)."""
        return self.home / "token_keys"

    @property
    def identity_key(self) -> Path:
        return self.home / "identity_key"

    @property
    def anchors(self) -> Path:
        """A line a day; a copy elsewhere shows a journal that was rewritten (agent/anchors.py)."""
        return self.home / "journal-anchors.jsonl"

    @property
    def knowledge(self) -> Path:
        return self.home / "knowledge"

    @property
    def learned(self) -> Path:
        """What leads accepted of solved tickets, as files (agent/learning/publishing.py)."""
        return self.home / "learned"

    @property
    def shop_file(self) -> Path:
        return self.home / "shop.toml"

    @property
    def intents(self) -> Path:
        return self.assets.parent / "intents"

    @property
    def languages(self) -> Path:
        return self.assets.parent / "languages.npz"

    def api_token(self) -> str:
        """The bearer token of /v1: random, made on first use, readable by its owner only, never in git."""
        path = self.home / "api_token"
        if not path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(fresh_secret(), encoding="ascii")
        return path.read_text(encoding="ascii").strip()

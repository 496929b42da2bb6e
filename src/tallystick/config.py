"""Settings: the only place that reads the environment.

Every setting has a default that is right for one machine and one person trying Tallystick out. A
deployment sets the variables named below (``docs/operating.md`` lists them for operators).
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

from tallystick.errors import Malformed

DEFAULT_HOSTS = "localhost,127.0.0.1,[::1]"
#: Other members' installations that one may be told of.
MAX_PEERS = 200
_ACCOUNT = re.compile(r"[0-9a-z]{42}")


@dataclass(frozen=True)
class Settings:
    """What an installation can be told from outside.

    Attributes:
        home: folder of this installation's database, ledger, keys and media.
        database_url: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``.
        debug: show Django's error pages; never on a machine that others can reach.
        allowed_hosts: host names that the web site answers to.
        secure_cookies: send cookies over HTTPS only; turn on behind TLS.
        trusted_proxies: proxies in front whose ``X-Forwarded-For`` tells one visitor from another.
        block_period_ms: the ledger packs what has arrived this often, in milliseconds.
        verifiers: processes beside the ledger's that check signatures; 0 checks them in its own.
        cometbft: the program CometBFT; empty: the one installed beside Tallystick, or on the path.
        media_hosts: hosts from which media are fetched by their location, each ``NAME`` or ``NAME:PORT``.
        peers: where other members' installations answer: account address of a member -> base address, over
            ``https``, or ``http`` on this machine.
        pull_hosts: hosts from which books are pulled, each ``NAME`` or ``NAME:PORT``.
        pull_secret: what the secret header of a pull source carries; never shown or logged.
        pkcs11_pin: opens the hardware module that holds the node's consensus key; never shown or logged.
        mail_url: the server that takes mail: ``smtps://USER@HOST``, ``smtp+tls://USER@HOST``, or
            ``smtp://localhost``; empty: no mail is sent.
        mail_password: of that user; never shown or logged.
        mail_from: the address that mail comes from.
        site_url: address of this installation's pages, as people reach it; mails link to it.
        language_model_urls: addresses that a language model may be asked at; empty: none is asked. Over
            ``https``, or ``http`` on this machine.
        language_model: which of the server's models looks at photographs of deliveries.
        language_model_key: what it asks for as a bearer token; never shown or logged.
    """

    home: Path
    database_url: str
    debug: bool
    allowed_hosts: tuple[str, ...]
    secure_cookies: bool
    trusted_proxies: int
    block_period_ms: int
    verifiers: int
    cometbft: str = ""
    pkcs11_pin: str = field(default="", repr=False)
    media_hosts: tuple[str, ...] = ()
    mail_url: str = ""
    mail_password: str = field(default="", repr=False)
    mail_from: str = ""
    site_url: str = ""
    peers: Mapping[str, str] = field(default_factory=dict)
    pull_hosts: tuple[str, ...] = ()
    pull_secret: str = field(default="", repr=False)
    language_model_urls: tuple[str, ...] = ()
    language_model: str = ""
    language_model_key: str = field(default="", repr=False)

    @property
    def ledger_path(self) -> Path:
        """File of the embedded ledger."""
        return self.home / "ledger.sqlite3"

    @property
    def keys_path(self) -> Path:
        """Folder of the encrypted key files."""
        return self.home / "keys"

    @property
    def quarantine_path(self) -> Path:
        """Folder of uploads that are not whole, or not checked yet."""
        return self.home / "quarantine"

    @property
    def media_path(self) -> Path:
        """Folder of the media, encrypted."""
        return self.home / "media"

    @property
    def secret_path(self) -> Path:
        """File with this installation's secret, made on first use, readable by its owner only."""
        return self.home / "secret"


def from_environment(environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings that the environment asks for.

    Raises:
        Malformed: ``bad_setting`` when a variable holds something that cannot be meant.
    """
    env = os.environ if environment is None else environment
    home = Path(env.get("TALLYSTICK_HOME") or "var").absolute()
    records = quote(str(home / "records.sqlite3"), errors="surrogateescape")
    return Settings(
        home=home,
        database_url=env.get("TALLYSTICK_DATABASE_URL") or f"sqlite:///{records}",
        debug=_flag(env, "TALLYSTICK_DEBUG", False),
        allowed_hosts=tuple(env.get("TALLYSTICK_ALLOWED_HOSTS", DEFAULT_HOSTS).split(",")),
        secure_cookies=_flag(env, "TALLYSTICK_SECURE_COOKIES", False),
        trusted_proxies=_whole(env, "TALLYSTICK_TRUSTED_PROXIES", 0, 0, 5),
        block_period_ms=_whole(env, "TALLYSTICK_BLOCK_PERIOD_MS", 50, 1, 60_000),
        verifiers=_whole(env, "TALLYSTICK_VERIFIERS", 0, 0, 16),
        cometbft=env.get("TALLYSTICK_COMETBFT", ""),
        pkcs11_pin=env.get("TALLYSTICK_PKCS11_PIN", ""),
        media_hosts=_names(env, "TALLYSTICK_MEDIA_HOSTS"),
        mail_url=env.get("TALLYSTICK_MAIL_URL", ""),
        mail_password=env.get("TALLYSTICK_MAIL_PASSWORD", ""),
        mail_from=env.get("TALLYSTICK_MAIL_FROM", ""),
        site_url=env.get("TALLYSTICK_SITE_URL", ""),
        peers=_peers(env, "TALLYSTICK_PEERS"),
        pull_hosts=_names(env, "TALLYSTICK_PULL_HOSTS"),
        pull_secret=env.get("TALLYSTICK_PULL_SECRET", ""),
        language_model_urls=tuple(filter(None, env.get("TALLYSTICK_LANGUAGE_MODEL_URLS", "").split(","))),
        language_model=env.get("TALLYSTICK_LANGUAGE_MODEL", ""),
        language_model_key=env.get("TALLYSTICK_LANGUAGE_MODEL_KEY", ""),
    )


def environment_for(home: Path, host: str = "", peers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment, for a program that works on another installation.

    Args:
        home: of that installation; its records are in its home.
        host: a name that its site answers to besides the usual ones.
        peers: where other members' installations answer, as ``Settings.peers`` has it.
    """
    hosts = ",".join(filter(None, (os.environ.get("TALLYSTICK_ALLOWED_HOSTS", DEFAULT_HOSTS), host)))
    return {
        **os.environ,
        "TALLYSTICK_HOME": str(home),
        "TALLYSTICK_DATABASE_URL": "",
        "TALLYSTICK_ALLOWED_HOSTS": hosts,
        "TALLYSTICK_PEERS": ",".join(f"{address}={base}" for address, base in (peers or {}).items()),
    }


def _names(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in env.get(name, "").split(",") if part.strip())


def _peers(env: Mapping[str, str], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in env.get(name, "").split(","))):
        address, _, base = part.partition("=")
        if not _ACCOUNT.fullmatch(address) or address in found or not _is_base(base):
            raise Malformed(
                "bad_setting",
                f"{name} must list ADDRESS=URL, each account once; a URL is https, or http on this machine.",
                setting=name,
            )
        found[address] = base.rstrip("/")
    if len(found) > MAX_PEERS:
        raise Malformed("bad_setting", f"{name} may list {MAX_PEERS} members.", setting=name)
    return found


def _is_base(text: str) -> bool:
    try:
        parts = urlsplit(text)
        is_bare = not (parts.query or parts.fragment or "@" in parts.netloc) and parts.port != 0
    except ValueError:
        return False
    if not (is_bare and parts.hostname and text.isascii() and text.isprintable() and " " not in text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts.hostname))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    known = {"": default, "0": False, "1": True, "false": False, "true": True}
    value = env.get(name, "").strip().lower()
    if value not in known:
        raise Malformed("bad_setting", f"{name} must be 0 or 1.", setting=name)
    return known[value]


def _whole(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Malformed("bad_setting", f"{name} must be a whole number from {least} to {most}.", setting=name)
    return int(text)

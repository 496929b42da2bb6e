"""Pulling: the tables of an HTTP source brought to files that a mapping reads, whole or not at all (A2, A3).

Every page is kept in a folder with a manifest, so that a pull that broke off goes on where it stopped. A
source that changed in between (another snapshot or total) is pulled afresh, never mixed.
A table has a file only when it is whole; until then nothing can be judged.
"""

import hashlib
import shutil
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urljoin

import msgspec

from tallystick.admission.consent import Consent, require_consent
from tallystick.admission.pull_source import PullSource
from tallystick.analytics.fetching import Answer, Fetcher, PullLimits
from tallystick.errors import Malformed, TallystickError, TooLarge, Unavailable

MAX_PAGES: Final = 10_000

Progress = Callable[[str, int], None]
"""Told after every page: the table, and how many of its records are there."""

__all__ = ["Progress", "PullLimits", "pull", "unheard"]


def unheard(_table: str, _records: int) -> None:
    """Tell nobody."""


class _Manifest(msgspec.Struct):
    """What is there of one table: its pages in order, where to go on, and the state that they show.

    ``pages`` are digests of the bodies, ``records`` of what they hold, whatever else is around it.
    """

    identity: str
    pages: list[str] = []
    records: list[str] = []
    rows: int = 0
    size: int = 0
    next_url: str | None = None
    state: list[str | int | None] | None = None
    complete: bool = False


def pull(
    source: PullSource,
    folder: Path,
    *,
    consent: Consent | None,
    subject: str,
    recipient: str,
    purpose: str,
    now: datetime,
    allowed_hosts: Collection[str],
    secret: str = "",
    limits: PullLimits | None = None,
    progress: Progress = unheard,
) -> Mapping[str, Path]:
    """Pull every table of the source and return the file of each: JSON lines, or CSV.

    Args:
        source: what to pull.
        folder: where pages and files are kept; the same one again goes on with what broke off.
        consent: what the subject has agreed to, as it stands now.
        subject, recipient, purpose: whose data, for whom, what for.
        now: the moment of the pull.
        allowed_hosts: names of hosts (``HOST`` or ``HOST:PORT``) that may be asked at all.
        secret: what the source's secret header carries; it is neither kept nor shown.
        limits: of this pull.
        progress: told after every page.

    Raises:
        Forbidden: ``consent_missing``, ``consent_expired``, ``consent_does_not_cover`` before anything is
            asked.
        Malformed: ``host_not_allowed``, ``source_unreadable`` (an answer of another shape).
        TooLarge: ``pull_too_large``.
        Unavailable: ``source_incomplete``, with ``complete`` and ``missing``: the names of the tables.
    """
    require_consent(
        consent, subject=subject, recipient=recipient, purpose=purpose, tables=tuple(source.tables), now=now
    )
    fetcher = Fetcher(source, allowed_hosts, secret, limits or PullLimits())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    complete: dict[str, Path] = {}
    failed: dict[str, TallystickError] = {}
    try:
        for name in source.tables:
            try:
                complete[name] = _Table(source, name, folder, subject, fetcher, progress).pulled()
            except Unavailable as error:
                failed[name] = error
    finally:
        fetcher.close()
    if failed:
        raise Unavailable(
            "source_incomplete",
            f"{source.name}: {', '.join(failed)} could not be pulled whole; pull again to go on.",
            complete=", ".join(complete),
            missing=", ".join(failed),
            reason=next(iter(failed.values())).code,
        )
    return complete


class _Table:
    """One table on its way into the folder."""

    def __init__(
        self,
        source: PullSource,
        name: str,
        folder: Path,
        subject: str,
        fetcher: Fetcher,
        progress: Progress,
    ) -> None:
        self._progress = progress
        self._table = source.tables[name]
        self._base = source.base_url
        self._name = name
        self._subject = subject
        self._fetcher = fetcher
        self._folder = folder
        self._pages = folder / f"{name}.pages"
        shape = (self._base, self._table, subject)
        self._identity = hashlib.sha256(repr(shape).encode()).hexdigest()

    def pulled(self) -> Path:
        """Return the whole table as one file."""
        manifest = self._manifest()
        if manifest.complete:
            return self._joined(manifest)
        for afresh in (False, True):
            while not manifest.complete:
                if not self._next_page(manifest):
                    break
            else:
                return self._joined(manifest)
            manifest = self._started()
            if afresh:
                break
        raise Unavailable("source_keeps_changing", f"{self._name} changes while it is pulled; try again.")

    def _next_page(self, manifest: _Manifest) -> bool:
        """Take in one page; False when it shows that the source is no longer what the earlier pages were."""
        number = len(manifest.pages)
        if number >= MAX_PAGES:
            raise TooLarge("pull_too_large", f"{self._name} has more than {MAX_PAGES} pages.")
        url = manifest.next_url or self._url(0, 0, None)
        answer = self._fetcher.get(url)
        document, records, fingerprint = self._read(answer)
        total = _at(document, self._table.total) if self._table.total else None
        state = [total if isinstance(total, int | str) else None, answer.snapshot]
        if manifest.state is not None and manifest.state != state:
            return False
        digest = hashlib.sha256(answer.body).hexdigest()
        if records and fingerprint in manifest.records:
            raise Malformed("source_unreadable", f"{self._name}: the source gives the same page twice.")
        manifest.state = state
        manifest.rows += records
        manifest.size += len(answer.body)
        self._fetcher.check(manifest.rows, manifest.size)
        (self._pages / str(number)).write_bytes(answer.body)
        manifest.pages.append(digest)
        manifest.records.append(fingerprint)
        manifest.next_url = self._following(url, answer, document, records, manifest)
        manifest.complete = manifest.next_url is None
        if manifest.complete and isinstance(total, int) and total != manifest.rows:
            # Rows came or went between the pages.
            return False
        self._keep(manifest)
        self._progress(self._name, manifest.rows)
        return True

    def _following(
        self, url: str, answer: Answer, document: object, records: int, manifest: _Manifest
    ) -> str | None:
        paging = self._table.paging
        if paging == "link":
            following = urljoin(url, answer.next_link) if answer.next_link else None
        elif paging == "cursor":
            cursor = _at(document, self._table.cursor)
            following = self._url(0, 0, str(cursor)) if cursor not in (None, "") else None
        elif paging == "none" or records == 0 or records < self._table.page_size:
            following = None
        else:
            following = self._url(len(manifest.pages), manifest.rows, None)
        if following is not None and records == 0:
            raise Malformed("source_unreadable", f"{self._name}: a page without records is not the last one.")
        return following

    def _url(self, page: int, offset: int, cursor: str | None) -> str:
        table = self._table
        places = {"page": str(page + 1), "offset": str(offset), "cursor": cursor}
        query = {
            table.subject_parameter: self._subject,
            table.size_parameter: str(table.page_size),
            table.page_parameter: places.get(table.paging),
        }
        sent = {key: value for key, value in query.items() if key and value is not None}
        return f"{self._base}{table.path}" + (f"?{urlencode(sent)}" if sent else "")

    def _read(self, answer: Answer) -> tuple[object, int, str]:
        """Return the body of a page, how many records it holds, and a fingerprint of those."""
        if self._table.format == "csv":
            try:
                lines = answer.body.decode("utf-8-sig").splitlines()
            except UnicodeDecodeError:
                raise Malformed("source_unreadable", f"{self._name}: the answer is no UTF-8 text.") from None
            return None, max(len(lines) - 1, 0), hashlib.sha256("\n".join(lines[1:]).encode()).hexdigest()
        try:
            document = msgspec.json.decode(answer.body)
        except msgspec.DecodeError:
            raise Unavailable("source_broke_off", f"{self._name}: the answer is no whole JSON.") from None
        records = _at(document, self._table.records)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            where = ".".join(self._table.records) or "the answer"
            raise Malformed("source_unreadable", f"{self._name}: {where} is no list of records.")
        return document, len(records), hashlib.sha256(msgspec.json.encode(records)).hexdigest()

    def _joined(self, manifest: _Manifest) -> Path:
        target = self._folder / f"{self._name}.{'csv' if self._table.format == 'csv' else 'jsonl'}"
        draft = target.with_suffix(".draft")
        with draft.open("wb") as file:
            for number, digest in enumerate(manifest.pages):
                body = (self._pages / str(number)).read_bytes()
                if hashlib.sha256(body).hexdigest() != digest:
                    self._started()
                    raise Unavailable("page_changed", f"{self._name}: a kept page has changed; pull again.")
                if self._table.format == "csv":
                    lines = body.decode("utf-8-sig").splitlines(keepends=True)
                    file.write("".join(lines if number == 0 else lines[1:]).rstrip("\n").encode() + b"\n")
                else:
                    # Numbers keep the digits that they were sent with.
                    raw = msgspec.json.decode(_raw_at(body, self._table.records), type=list[msgspec.Raw])
                    file.writelines(bytes(record).replace(b"\n", b" ") + b"\n" for record in raw)
        draft.replace(target)
        return target

    def _manifest(self) -> _Manifest:
        path = self._pages / "manifest.json"
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
        except (OSError, msgspec.DecodeError):
            return self._started()
        return manifest if manifest.identity == self._identity else self._started()

    def _started(self) -> _Manifest:
        shutil.rmtree(self._pages, ignore_errors=True)
        self._pages.mkdir(parents=True)
        return _Manifest(self._identity)

    def _keep(self, manifest: _Manifest) -> None:
        draft = self._pages / "manifest.draft"
        draft.write_bytes(msgspec.json.encode(manifest))
        draft.replace(self._pages / "manifest.json")


def _at(document: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _raw_at(body: bytes, keys: tuple[str, ...]) -> bytes:
    for key in keys:
        body = bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])[key])
    return body

"""Queries about delivery records, and chains, as they go out."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tallystick.api.schemas import qualifications as out
from tallystick.api.schemas.common import Wording, member, money
from tallystick.records.models import Qualification
from tallystick.services.chain import Traced


def common(row: Qualification) -> dict[str, Any]:
    """Return what a list and a detail both say."""
    return {
        "reference": row.reference,
        "supplier": member(row.supplier),
        "application": row.application.reference if row.application else "",
        "asked_at": row.asked_at,
        "query": row.sent.address,
        "contract": row.contract,
        "is_examined": row.findings is not None,
        "tier": row.findings["tier"] if row.findings else None,
        "decision": _decision(row),
    }


def qualification(row: Qualification) -> out.QualificationDetail:
    """Return a query of the asker's with its records."""
    found = row.findings or {"since": None, "left_out": 0, "reasons": [], "records": []}
    return out.QualificationDetail(
        **common(row),
        since=None if found["since"] is None else _moment(found["since"]),
        left_out=found["left_out"],
        reasons=[_reason(each) for each in found["reasons"]],
        records=[_record(each) for each in found["records"]],
    )


def chain(traced: Traced) -> out.Chain:
    """Return a traced chain; members by address, with the names that every member knows."""
    return out.Chain.model_validate(traced.document())


def _decision(row: Qualification) -> out.Decision | None:
    if not row.outcome or row.decided_at is None:
        return None
    return out.Decision(
        outcome=row.outcome,
        amount=None if row.amount is None else money(row.amount),
        annual_rate=row.annual_rate or None,
        reason=row.reason,
        decided_at=row.decided_at,
    )


def _record(found: Mapping[str, Any]) -> out.Record:
    seen = found["assessment"]
    return out.Record(
        address=found["address"],
        record_hash=found["record_hash"],
        buyer=found["buyer"],
        delivery=found["delivery"],
        recorded_at=_moment(found["recorded_at"]),
        counts=found["counts"],
        checks=[
            out.Check(name=each["name"], outcome=each["outcome"], text=Wording(**each["text"]))
            for each in found["checks"]
        ],
        assessment=out.Figures(
            quality=_figure(seen["quality"]),
            quantity=_figure(seen["quantity"]),
            value=_figure(seen["value"]),
            currency=seen.get("currency", "CNY"),
        ),
        tier=found["tier"],
        matches=[out.Match(**each) for each in found["matches"]],
        reasons=[_reason(each) for each in found["reasons"]],
    )


def _figure(found: Mapping[str, Any]) -> out.Figure:
    told = ("value", "basis", "because", "low", "high", "confidence")
    said: dict[str, Any] = {name: found.get(name) for name in told}
    return out.Figure(**said, conflicts=found.get("conflicts", []))


def _reason(found: Mapping[str, Any]) -> out.Grounds:
    return out.Grounds(code=found["code"], text=Wording(**found["text"]))


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)

"""What is done with a version: run figures and cases, see its effect, submit, approve, reject, withdraw."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tallystick.bootstrap.parts import installation
from tallystick.errors import Conflict, Malformed, NotFound, Rejection, TooLarge
from tallystick.policy.decision import Decision
from tallystick.policy.document import MAX_DOCUMENT_BYTES, Input
from tallystick.policy.exact import decimal_text
from tallystick.policy.explain import explain
from tallystick.policy.graph import Graph
from tallystick.policy.graph_decide import decide_policy
from tallystick.policy.table import Table
from tallystick.records.models import PolicyVersion
from tallystick.services import policies as store
from tallystick.services import policy_effect, policy_files, policy_versions, policy_withdrawal
from tallystick.services.access import Actor
from tallystick.web.asking import for_members, is_htmx
from tallystick.web.cards.effect import effect_context
from tallystick.web.cards.policy import changes, version_card
from tallystick.web.sentences import sentence
from tallystick.web.views.downloads import attachment
from tallystick.web.wording import words

Do = Callable[..., PolicyVersion]
#: What a button of the page asks for -> what is done, and what is said of it.
DECISIONS: Final[Mapping[str, tuple[Do, str | Promise]]] = MappingProxyType(
    {
        "submit": (store.submit, gettext_lazy("Submitted. Somebody else decides on it now.")),
        "approve": (
            store.approve,
            gettext_lazy("Approved. New applications are judged by it from its day on."),
        ),
        "reject": (store.reject, gettext_lazy("Rejected. Its author sees your comment.")),
        "withdraw": (policy_withdrawal.withdraw, gettext_lazy("Withdrawn.")),
        "ask_out": (
            policy_withdrawal.withdraw,
            gettext_lazy("Asked for. It stays in force until somebody else withdraws it."),
        ),
        "keep": (policy_withdrawal.keep, gettext_lazy("It stays in force.")),
    }
)
#: Cases that fail, as far as they are listed.
FAILED_AT_MOST: Final = 20
_WORDS_OF_OUTCOMES: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "approve": gettext_lazy("approve"),
        "refer": gettext_lazy("refer"),
        "decline": gettext_lazy("decline"),
        "found": gettext_lazy("found"),
    }
)


@require_POST
@for_members
def figures(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Decide on the figures that were typed, and say what became of every rule."""
    row = policy_versions.find(actor, name, number)
    context = {"card": version_card(installation(), actor, row), **figures_context(row, request.POST)}
    if not is_htmx(request):
        return render(request, "web/policies/figures_page.html", context)
    return render(request, "web/policies/figures.html", context)


@require_POST
@for_members
def cases(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Keep the cases of a draft, where they were sent, and run them all."""
    row, house = policy_versions.find(actor, name, number), installation()
    given = request.FILES.get("file")
    if given is not None and (given.size or 0) > MAX_DOCUMENT_BYTES:
        raise TooLarge("policy_file_too_large", "The file is larger than 1 MB.")
    typed = given.read() if given is not None else str(request.POST.get("cases", "")).encode()
    problem = ""
    if version_card(house, actor, row).editable and ("cases" in request.POST or given is not None):
        try:
            row = store.edit(house, actor, name, number, cases=typed)
        except Malformed as refused:
            problem = sentence(refused)
    if not is_htmx(request) and not problem:
        return redirect("web:policy", name, number)
    context = {"card": version_card(house, actor, row), **cases_context(row)}
    if problem:
        context |= {"cases": typed.decode(errors="replace"), "cases_problem": problem}
    template = "web/policies/cases.html" if is_htmx(request) else "web/policies/cases_page.html"
    return render(request, template, context, status=422 if problem else 200)


@require_POST
@for_members
def effect(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Work on the effect by one step; the page asks again until it is done."""
    row, problem = policy_versions.find(actor, name, number), ""
    try:
        policy_effect.work_on(installation(), actor, name, number)
    except (Malformed, Conflict) as refused:
        problem = sentence(refused)
    if not is_htmx(request):
        if problem:
            messages.warning(request, problem)
        return redirect("web:policy_decision", name, number)
    context = effect_context(installation(), row) | {"effect_problem": problem}
    return render(request, "web/policies/effect.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def decision(request: HttpRequest, actor: Actor, name: str, number: int) -> HttpResponse:
    """Return what changes and its effect; submit, approve, reject or withdraw with a comment."""
    row, house = policy_versions.find(actor, name, number), installation()
    problem = ""
    if request.method == "POST":
        if request.POST.get("do") not in DECISIONS:
            raise NotFound("unknown_action", "There is no such action.")
        do, done = DECISIONS[str(request.POST["do"])]
        try:
            do(house, actor, name, number, str(request.POST.get("comment", "")))
        except (Malformed, Conflict) as refused:
            problem = sentence(refused)
        else:
            messages.success(request, str(done))
            return redirect("web:policy", name, number)
    base = policy_versions.base_text(row.member_id, name, house.clock.now())
    context = {
        "card": version_card(house, actor, row),
        "changes": changes(row, base),
        "problem": problem,
        "comment": request.POST.get("comment", ""),
        "history": row.events.select_related("user"),
        "max_comment": policy_versions.MAX_COMMENT,
        **effect_context(house, row),
    }
    return render(request, "web/policies/decision.html", context, status=422 if problem else 200)


@require_GET
@for_members
def download(request: HttpRequest, actor: Actor, name: str, number: int, form: str) -> HttpResponse:
    """Return the version as a file in one of the forms, or its cases."""
    row = policy_versions.find(actor, name, number)
    if form == "cases" and row.cases:
        return attachment(f"{name}.cases.json", row.cases.encode(), "application/json")
    if form not in policy_files.WRITERS:
        raise NotFound("unknown_form", "There is no such form of file.")
    content = policy_files.WRITERS[form](policy_versions.parsed(row))
    suffix = {"jdm": "jdm.json"}.get(form, form)
    return attachment(f"{name}.{suffix}", content, "application/octet-stream")


def figures_context(row: PolicyVersion, typed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the inputs of a version with what was typed, and the decision once something was."""
    try:
        policy = policy_versions.parsed(row)
    except Rejection:
        return {"asked": None}
    inputs = policy.inputs if isinstance(policy, Table) else tuple(policy.inputs.values())
    given = typed or {}
    asked = [(part, words(part.label), str(given.get(f"figure.{part.name}", ""))) for part in inputs]
    context: dict[str, Any] = {"asked": asked}
    if typed is not None:
        context |= _decided(policy, {part.name: _figure(part, text) for part, _label, text in asked})
    return context


def _decided(policy: Table | Graph, values: Mapping[str, object]) -> dict[str, Any]:
    found = decide_policy(policy, values)
    points = decimal_text(found.points) if isinstance(found, Decision) and found.points is not None else ""
    return {
        "decided": {
            "outcome": str(_WORDS_OF_OUTCOMES[found.outcome]),
            "tone": {"approve": "good", "refer": "warn", "decline": "bad"}.get(found.outcome, "info"),
            "points": points,
            "outputs": found.document().get("outputs") or {},
            "reasons": [(reason.code, words(reason.text)) for reason in found.reasons],
            "nodes": [
                (node, [(code, words(text)) for code, text in lines])
                for node, lines in explain(policy, found)
            ],
        }
    }


def _figure(part: Input, text: str) -> object:
    """Return a typed figure; what was left blank is missing, and what does not read is left to the policy."""
    text = text.strip()
    if not text:
        return None
    if part.type == "integer" and text.lstrip("-").isdecimal() and len(text) < 17:
        return int(text)
    return {"true": True, "false": False}.get(text, text) if part.type == "boolean" else text


def cases_context(row: PolicyVersion) -> dict[str, Any]:
    """Return the cases of a version and what became of them."""
    context: dict[str, Any] = {"cases": row.cases, "report": None, "cases_problem": ""}
    try:
        report = store.run_own_cases(row)
    except Rejection as refused:
        return context | {"cases_problem": sentence(refused)}
    if report is None:
        return context
    failed = [
        (result.name, each.what, _listed(each.expected), _listed(each.found))
        for result in report.failed[:FAILED_AT_MOST]
        for each in result.differences
    ]
    passed = len(report.results) - len(report.failed)
    return context | {"report": report, "passed": passed, "failed": failed}


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

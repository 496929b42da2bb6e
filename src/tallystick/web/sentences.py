"""What an error's code says in the reader's language; the error's own English where no sentence is listed."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tallystick.errors import Detail, TallystickError
from tallystick.web.evidence_sentences import EVIDENCE
from tallystick.web.peer_sentences import PEERS

#: Error code -> sentence; named places are filled from the error's details.
SENTENCES: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        # who may do what
        "not_permitted": _("Your role does not allow this."),
        "lender_not_in_standing": _("The lender's membership on the ledger is missing or suspended."),
        "unknown_application": _("There is no such application."),
        "unknown_programme": _("There is no such loan programme, or it is no longer offered."),
        "unknown_lender": _("There is no such lender."),
        "own_lender": _("A lender cannot apply to itself."),
        "no_lender": _("Choose a programme or a lender."),
        "another_enterprise": _("The credit code is not that of the enterprise that applies."),
        "too_many_drafts": _("You have too many drafts; submit or withdraw one of them first."),
        # steps of an application
        "illegal_move": _("The application is at another stage by now, where this cannot be done."),
        "not_editable": _("The application was submitted and can no longer be changed."),
        "no_programme_yet": _("The lender has not assigned a programme to this request yet."),
        "no_grade": _("The figures give no grade to price by; the application can only be declined."),
        "offer_expired": _("The offer has expired; ask the lender for a new one."),
        "reason_required": _("Give a reason; the applicant will see it."),
        "confirmation_not_committed": _("The confirmation is not on the ledger yet; try again shortly."),
        "incomplete_request": _("The amount, term, repayment method or account is missing."),
        "not_served": _("The programme does not offer this term or repayment method."),
        # the ledger
        "not_yet_committed": _("The ledger has not packed this transaction into a block yet."),
        "already_anchored": _("This step is already on the ledger."),
        "anchored_differently": _("This step is on the ledger with other content."),
        "step_out_of_order": _("This step cannot be recorded before the one it follows."),
        "ledger_refused_before": _("The ledger refused an earlier step of this application."),
        "unknown_block": _("There is no such block."),
        "unknown_transaction": _("No block holds that transaction."),
        "not_yet_provable": _("The proof needs the block after this one, which is not there yet; try again."),
        "node_unreachable": _("This installation's node of the ledger does not answer; try again shortly."),
        "unknown_account": _("The ledger has no account at that address."),
        "not_yours_to_read": _(
            "Only the member that sent this and the auditors may read it; its hash is open."
        ),
        "account_suspended": _("The member's account on the ledger is suspended."),
        # policies
        "unknown_policy": _("There is no such policy."),
        "effect_not_worked_out": _(
            "Work out first what the change does to past applications, and look at it."
        ),
        "own_policy": _("Whoever wrote a policy does not decide on it; ask somebody else."),
        "not_the_author": _("Only whoever wrote it can do this; draft a version of your own."),
        "not_a_draft": _("The version was submitted and cannot be changed; draft a new one from it."),
        "not_submitted": _("Only a version that waits for a decision is decided on."),
        "nothing_changed": _("The version says what is in force already."),
        "another_takes_force": _("Another version comes into force at that moment; withdraw it first."),
        "no_cases": _("Every policy ships with its cases: write at least one."),
        "own_request": _("Whoever asked to withdraw a version does not do it; ask somebody else."),
        "no_request": _("Nobody asks to withdraw this version."),
        "no_version_before": _("No approved version was in force before; approve another one first."),
        "comment_required": _("Say why."),
        "already_ended": _("The version has ended already."),
        "too_many_policy_drafts": _("Withdraw one of the open versions first."),
        "no_file": _("Choose a file."),
        "policy_file_too_large": _("The file is too large."),
        # items as they were typed
        "bad_amount": _(
            "Write the amount in digits with at most the currency's decimals, such as 500000.00."
        ),
        "amount_not_served": _("The amount lies outside what the programme lends."),
        "amount_too_large": _("The amount is larger than can be kept."),
        "unknown_currency": _("This currency is not supported."),
        "bad_text": _("Write one line of at most 200 characters."),
        "bad_whole_number": _("Write a whole number with digits only."),
        "bad_date": _("Write an existing date as 2026-12-31."),
        "unknown_choice": _("Choose one of the values on offer."),
        "unknown_item": _("The programme does not ask for this item."),
        "bad_credit_code": _("This is not a unified social credit code: its check character does not fit."),
        "bad_identity_number": _("This is not a resident identity number: 18 characters that check."),
        "bad_bank_card": _("This is not a bank card number: its check digit does not fit."),
        # books
        "books_busy": _("Other books are being read just now; try again shortly."),
        "books_too_slow": _("The books take too long to read; hand in fewer months."),
        "empty_file": _("The file is empty."),
        "empty_books": _("There is not a single invoice in the file."),
        "file_too_large": _("The file is larger than 64 MB."),
        "books_too_large": _("The file holds more than can be read at once."),
        "too_many_columns": _("The file has too many columns."),
        "unknown_mapping": _("This form of file is not known."),
        "books_missing": _("The sales book or the purchase book is missing."),
        "mixed_mappings": _("Both books must come in the same form."),
        "enterprise_not_named": _("The books hold several enterprises; name the one that applies."),
        "unknown_enterprise": _("The books do not hold the enterprise that was named."),
        **EVIDENCE,
        **PEERS,
    }
)

#: As above, for sentences that need the error's details.
DETAILED: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "unknown_column": _(
            "%(file)s has no column “%(column)s”. Choose the form that the file is in, or use our template."
        ),
        "cases_fail": _("The case “%(case)s” is not decided as it says."),
        "policy_has_faults": _("The analysis finds a fault in %(rules)s."),
        "bad_cell": _(
            "Rule %(rule)s: the cell for %(input)s cannot be read or does not fit. "
            "Write > 5, >= 5, 2..5, = A or in A, B."
        ),
        "unfit_policy": _("The policy %(policy)s does not fit a programme that uses it."),
        "unreadable_file": _("%(file)s cannot be read. Export it again, or use our template."),
        "wrong_type": _("%(file)s: the column “%(column)s” holds another kind of value than expected."),
        "too_many_rows": _("%(file)s has more rows than can be read at once."),
        "file_of_kind_too_large": _("A file of this kind may have %(limit_mb)s MB."),
        "amounts_too_large": _("%(file)s: the amounts add up to more than can be kept."),
    }
)

#: As above, for one cell of a file: the details name file, row, column and value.
IN_A_CELL: Final[Mapping[str, Promise]] = MappingProxyType(
    {
        "bad_date": _("%(file)s, row %(row)s, column “%(column)s”: “%(value)s” is not a date of that form."),
        "bad_text": _("%(file)s, row %(row)s, column “%(column)s”: “%(value)s” is not plain text."),
        "bad_amount_in_column": _(
            "%(file)s, row %(row)s, column “%(column)s”: “%(value)s” is not an amount of that form."
        ),
        "unknown_status": _(
            "%(file)s, row %(row)s, column “%(column)s”: “%(value)s” is not a status that this form knows."
        ),
        "missing_enterprise": _("%(file)s, row %(row)s, column “%(column)s”: the enterprise is missing."),
    }
)


def sentence(error: TallystickError) -> str:
    """Return what to tell the reader about ``error``."""
    return said(error.code, error.message, error.details)


def said(code: str, english: str, details: Mapping[str, Detail] | None = None) -> str:
    """Return the sentence for a code in the reader's language, or else its English."""
    named = dict(details or {})
    if code == "file_too_large" and "limit_mb" in named:
        code = "file_of_kind_too_large"  # books have one limit, media one for each kind
    listed = IN_A_CELL if "row" in named else SENTENCES
    if code in listed or code in DETAILED:
        return str(listed.get(code) or DETAILED[code]) % named
    return english

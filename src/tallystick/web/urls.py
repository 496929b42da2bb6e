"""Addresses of the pages."""

from django.urls import path, register_converter

from tallystick.web.converters import Address, Digest, Name, Number, Place, Policy, Reference
from tallystick.web.views import (
    applications,
    apply,
    chains,
    consents,
    consortium,
    deliveries,
    desk,
    downloads,
    home,
    ledger,
    media,
    new_delivery,
    paper,
    policies,
    policy_work,
    programmes,
    proofs,
    qualifications,
    relationships,
    style,
)

app_name = "web"

for name, converter in (
    ("address", Address),
    ("digest", Digest),
    ("name", Name),
    ("number", Number),
    ("place", Place),
    ("policy", Policy),
    ("reference", Reference),
):
    register_converter(converter, name)

_CASE = "applications/<reference:reference>/"
_DELIVERY = "deliveries/<reference:reference>/"
_QUALIFICATION = "qualifications/<reference:reference>/"
_POLICY = "policies/<policy:name>/<number:number>/"
_TRANSACTION = "ledger/transactions/<digest:transaction_hash>/"
_ACCOUNT = "ledger/accounts/<address:address>/"

urlpatterns = [
    path("", home.home, name="home"),
    path("style/", style.style, name="style"),
    path("apply/", apply.apply, name="apply"),
    path("apply/templates/<name:item>.csv", downloads.book_template, name="book_template"),
    path(_CASE, applications.application, name="application"),
    path(_CASE + "anchors/", applications.anchors, name="anchors"),
    path(_CASE + "form/", apply.form, name="form"),
    path(_CASE + "paper/", paper.paper, name="paper"),
    path(_CASE + "books/<name:item>/", apply.book, name="book"),
    path(_CASE + "books/<name:item>/file/", downloads.book_file, name="book_file"),
    path(_CASE + "check/", apply.check, name="check"),
    path(_CASE + "relationships/", relationships.relationships, name="relationships"),
    path(_CASE + "submit/", apply.submit, name="submit"),
    path(_CASE + "accept/", applications.accept, name="accept"),
    path(_CASE + "withdraw/", applications.withdraw, name="withdraw"),
    path(_CASE + "assign/", desk.assign, name="assign"),
    path(_CASE + "assess/", desk.assess, name="assess"),
    path(_CASE + "admit/", desk.admit, name="admit"),
    path(_CASE + "offer/", desk.offer, name="offer"),
    path(_CASE + "decline/", desk.decline, name="decline"),
    path(_CASE + "pay/", desk.pay, name="pay"),
    path(_CASE + "schedule.csv", downloads.schedule, name="schedule"),
    path(_CASE + "papers/<name:step>.json", downloads.step_paper, name="step_paper"),
    path(_CASE + "proofs/<name:step>.json", proofs.step_proof, name="step_proof"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/new/", new_delivery.new_delivery, name="new_delivery"),
    path("deliveries/new/buyer/", new_delivery.buyer_name, name="buyer_name"),
    path(_DELIVERY, deliveries.delivery, name="delivery"),
    path(_DELIVERY + "standing/", deliveries.standing, name="delivery_standing"),
    path(_DELIVERY + "sign/", deliveries.sign, name="sign"),
    path(_DELIVERY + "refuse/", deliveries.refuse, name="refuse"),
    path(_DELIVERY + "take-back/", deliveries.take_back, name="take_back"),
    path("media/<number:media_id>/", media.media, name="media"),
    path("media/<number:media_id>/thumbnail/", media.thumbnail, name="thumbnail"),
    path("consents/", consents.consents, name="consents"),
    path("consents/<number:consent_id>/withdraw/", consents.withdraw, name="withdraw_consent"),
    path("qualifications/", qualifications.qualifications, name="qualifications"),
    path(_QUALIFICATION, qualifications.qualification, name="qualification"),
    path(_QUALIFICATION + "chain/", chains.chain, name="chain"),
    path(_QUALIFICATION + "examine/", qualifications.examine, name="examine"),
    path(_QUALIFICATION + "decide/", qualifications.decide, name="qualification_decide"),
    path(_QUALIFICATION + "records/<place:record>/grade/", qualifications.grade, name="qualification_grade"),
    path("programmes/", programmes.programmes, name="programmes"),
    path("programmes/<number:programme_id>/", programmes.programme, name="programme"),
    path("policies/", policies.policies, name="policies"),
    path("policies/draft/", policies.draft, name="policy_draft"),
    path(_POLICY, policies.policy, name="policy"),
    path(_POLICY + "grid/", policies.grid, name="policy_grid"),
    path(_POLICY + "upload/", policies.upload, name="policy_upload"),
    path(_POLICY + "file/<name:form>/", policy_work.download, name="policy_file"),
    path(_POLICY + "figures/", policy_work.figures, name="policy_figures"),
    path(_POLICY + "cases/", policy_work.cases, name="policy_cases"),
    path(_POLICY + "effect/", policy_work.effect, name="policy_effect"),
    path(_POLICY + "decision/", policy_work.decision, name="policy_decision"),
    path("ledger/", ledger.ledger, name="ledger"),
    path("ledger/blocks/<number:height>/", ledger.block, name="block"),
    path(_TRANSACTION, ledger.transaction, name="transaction"),
    path(_TRANSACTION + "proof.json", proofs.transaction_proof, name="transaction_proof"),
    path("ledger/accounts/", consortium.accounts, name="accounts"),
    path(_ACCOUNT, consortium.account, name="account"),
    path(_ACCOUNT + "proof.json", proofs.account_proof, name="account_proof"),
    path(_ACCOUNT + "member-proof.json", proofs.member_proof, name="member_proof"),
    path("ledger/contracts/", consortium.contracts, name="contracts"),
    path("ledger/validators/", consortium.validators, name="validators"),
    path("ledger/genesis.json", proofs.genesis, name="genesis"),
    path("ledger/search/", ledger.search, name="ledger_search"),
]

"""What has not come to a buyer from its supplier's installation: on its list, and nobody else's."""

from tallystick.records.models import Awaited
from tests.installation import NOW
from tests.services.test_deliveries import sent
from tests.web.conftest import signed_in

PAGE = "/deliveries/"


def test_the_buyer_alone_sees_what_has_not_come_and_why(house, members, tmp_path):
    request = sent(house, members, tmp_path, 1).request
    row = Awaited.objects.create(
        member=members.other_supplier, supplier=members.supplier, request=request, again_at=NOW
    )
    buyer, supplier = signed_in(members.other_owner), signed_in(members.owner)
    assert "Nothing; they are being fetched." in buyer.get(PAGE).text
    Awaited.objects.filter(pk=row.pk).update(problem="no_such_peer")
    said = "Our operator has not said where the supplier&#x27;s installation answers."
    assert said in buyer.get(PAGE).text
    assert 'id="awaited"' not in supplier.get(PAGE).text
    assert "尚未配置供应商系统的地址" in buyer.get(PAGE, headers={"Accept-Language": "zh-hans"}).text


def test_what_is_answered_or_taken_back_is_not_awaited_any_more(house, members, tmp_path):
    Awaited.objects.create(
        member=members.other_supplier, supplier=members.supplier, request="999-0", again_at=NOW
    )
    assert 'id="awaited"' not in signed_in(members.other_owner).get(PAGE).text

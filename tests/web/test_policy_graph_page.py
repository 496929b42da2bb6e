"""The page of a policy that is a graph: its picture scrolls within its place, on the smallest screen too."""

import msgspec
import pytest

from tallystick.services import consortium, policies
from tallystick.services.access import actor_of
from tests.installation import PASSWORD
from tests.policy.documents import lending_graph
from tests.services.test_policy_graphs import CASES
from tests.web.conftest import at_work
from tests.web.test_journey import DESK, PHONE, Visitor


@pytest.mark.parametrize("options", [PHONE | {"color_scheme": "dark"}, DESK], ids=["phone, dark", "desk"])
@pytest.mark.django_db(transaction=True)
def test_a_wide_picture_scrolls_and_widens_no_page(chromium, live_server, house, members, options):
    analyst = consortium.add_user(members.lender, "harbour.analyst", PASSWORD, ["analyst"])
    policies.draft(house, actor_of(analyst), msgspec.json.encode(lending_graph()), CASES)
    visitor = Visitor(chromium, live_server.url, options)
    session = at_work(analyst).cookies["sessionid"].value
    visitor.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    visitor.page.goto(live_server.url + "/policies/lending/1/")
    picture = visitor.page.locator("svg.chain")
    picture.wait_for()
    width = picture.bounding_box()["width"]
    visitor.look()
    assert visitor.complaints == []
    assert width > 900  # at its own size, so that it can be read
    visitor.context.close()

"""A firm that was stopped comes back under another name, on the eight real processes."""

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from tests.journeys.story import Story
from tests.journeys.system import System

pytestmark = pytest.mark.stack

PATH = "/v1/organisation-reviews"


async def test_a_stopped_agency_under_a_new_name_is_put_to_kp2mi_and_told(system: System) -> None:
    """The messenger finds it, an officer confirms, both show each other, and the feed tells it."""
    async with system.client() as client:
        story = Story(client)
        regulator = story.by("regulator")
        old = await regulator.must_post("/v1/placement-agencies", _agency(story, "OLD", 900))
        stop = {"sanction": "FULL_STOP", "effective_on": str(clock.today() - timedelta(days=90))}
        path = f"/v1/placement-agencies/{old['id']}"
        await regulator.must_post(f"{path}/sanctions", stop, etag='"v1"')
        new = await regulator.must_post("/v1/placement-agencies", _agency(story, "NEW", 30))

        async def proposed() -> dict[str, Any] | None:
            page = await regulator.must_get(PATH, organisation_id=new["id"])
            return next(iter(page["items"]), None)

        review = await client.eventually(proposed)
        assert (review["older_id"], review["urgency"]) == (old["id"], "AFTER_TROUBLE")
        decision = {"decision": "SAME", "reason": "SAME_DEED_OF_OWNERSHIP"}
        etag = f'"v{review["version"]}"'
        await regulator.must_post(f"{PATH}/{review['id']}/decisions", decision, etag=etag)
        assert (await regulator.must_get(path))["linked_to"] == [new["id"]]

        async def told() -> dict[str, Any] | None:
            cursor = None
            while True:
                more: dict[str, str] = {"cursor": cursor} if cursor else {}
                page = await story.by("desk").must_get("/v1/events", limit=200, **more)
                for event in page["items"]:
                    if event["subject"] == review["id"]:
                        found: dict[str, Any] = event
                        return found
                if page["next"] in {None, cursor} or not page["items"]:
                    return None
                cursor = page["next"]

        event = await client.eventually(told)
        assert event["type"].endswith("organisations-linked.v1")
        assert {event["data"]["older_id"], event["data"]["newer_id"]} == {old["id"], new["id"]}
        assert story.tag not in str(event["data"])


def _agency(story: Story, which: str, days_ago: int) -> dict[str, Any]:
    code = f"P3MI-{story.tag}-{which}"
    return {
        "code": code,
        "name": f"PT {which.title()} {story.tag}",
        "sip3mi_number": f"SIP3MI.{code}",
        "licence_valid_from": str(clock.today() - timedelta(days=days_ago)),
        "licence_valid_to": str(clock.today() + timedelta(days=700)),
        "owner_name": f"Pemilik {story.tag} Uji",
        "bank_account": f"990-{story.tag}",
    }

"""A report is taken in although everything else keeps the service busy."""

import asyncio
from contextlib import AsyncExitStack

from fastapi import FastAPI

from shared.admission import Admission
from shared.db import Database
from tests.cases.parts import Desk


async def test_a_report_is_accepted_while_other_calls_hold_every_connection(
    app: FastAPI, desk: Desk
) -> None:
    database: Database = app.state.database
    async with AsyncExitStack() as held:
        for _ in range(app.state.settings.database_pool_size):
            await held.enter_async_context(database.engine.connect())
        known = await desk.report()
        assert known.status_code == 201, known.text
        reading = asyncio.create_task(
            desk.api.get(f"/v1/cases/{known.json()['id']}", headers=desk.officer())
        )
        answers = await asyncio.gather(*(desk.report() for _ in range(12)))
        assert {answer.status_code for answer in answers} == {201}
        refused = await reading
    assert refused.status_code == 503
    assert refused.json()["code"] == "service-busy"
    assert int(refused.headers["Retry-After"]) >= 1


async def test_a_report_is_accepted_while_other_calls_hold_every_place(
    app: FastAPI, desk: Desk
) -> None:
    settings = app.state.settings
    admission: Admission = app.state.admission
    places = []
    for number in range(settings.calls_at_once):
        places.append(await admission.enter(f"client {number}"))  # noqa: PERF401 - one by one.
    reading = asyncio.create_task(desk.api.get("/v1/cases", headers=desk.officer()))
    assert (await desk.report()).status_code == 201
    assert not reading.done()
    for place in places:
        place.leave()
    assert (await reading).status_code == 200

"""What happens to people beside the straight story: seats given back, persons merged and parted."""

from dataclasses import dataclass
from typing import Any

from tests.journeys.story import Story


@dataclass
class Candidate(Story):
    """Somebody with a job, perhaps of another story's agency and order."""

    agency: Story | None = None

    @property
    def agency_code(self) -> str:
        return self.agency.agency_code if self.agency else super().agency_code

    async def release_seat(self) -> None:
        path = f"/v1/job-orders/{self.order['id']}/reservations/{self.reservation['id']}/releases"
        await self.by("agency").must_post(path, {"reason": "AGENCY_DECIDED"})

    async def withdraw(self) -> None:
        path = f"/v1/placements/{self.placement_id}/withdrawals"
        etag = f'"v{(await self.placement())["version"]}"'
        await self.by("agency").must_post(path, {"reason": "FAMILY"}, etag=etag)

    async def merge(self, other: Story) -> None:
        """An officer finds that the other one is the same human being."""
        body = {"merged_person_id": other.person_id, "reason": "SAME_FACE"}
        await self._change_person("merges", body)

    async def split(self, other: Story) -> None:
        """It was a mistake."""
        await self._change_person("splits", {"source_record_ids": [other.record_id]})

    async def correct_record(self, **more: Any) -> None:
        """SiskoP2MI sends its record once more, with something else in it."""
        answer = await self.by("siskop2mi").post("/v1/source-records", self.record(**more))
        assert answer.status_code in {200, 201}, answer.text
        assert answer.json()["person_id"] == self.person_id

    async def _change_person(self, command: str, body: dict[str, Any]) -> None:
        """Read and change, and again when somebody else changed the person in between; by a second
        officer too where one is not enough.
        """
        path = f"/v1/persons/{self.person_id}"

        async def change() -> bool | None:
            seen = await self.by("desk").get(path)
            assert seen.status_code == 200, seen.text
            for officer in ("desk", "steward"):
                answer = await self.by(officer).post(
                    f"{path}/{command}", body, etag=seen.headers["etag"]
                )
                has_spoken = answer.json().get("code") == "opinion-already-given"
                if answer.status_code != 202 and not has_spoken:
                    break
            if answer.status_code == 412:
                return None
            assert answer.status_code == 201, f"{command}: {answer.status_code} {answer.text}"
            return True

        await self.client.eventually(change)

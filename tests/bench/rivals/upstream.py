"""A small FastAPI service behind both proxies: one answer of the size of an employer."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel


class Employer(BaseModel):
    id: UUID
    code: str = "EMP-MY-7KQ2XW9B"
    type: str = "COMPANY"
    name: str = "Kilang Contoh Sdn Bhd"
    country: str = "MY"
    subdivision: str = "MY-14"
    mission: str = "KBRI-KUALA-LUMPUR"
    sector: str = "MANUFACTURING"
    contact_name: str = "Synthetic Contact"
    contact_phone: str = "+60 3-2116 4000"
    address: str = "Jalan Contoh 12, 50450 Kuala Lumpur"
    status: str = "REGISTERED"
    registered_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    version: int = 1


def create_app() -> FastAPI:
    app = FastAPI()

    @app.get("/v1/employers/{employer_id}")
    async def get_employer(employer_id: UUID) -> Employer:
        return Employer(id=employer_id)

    return app

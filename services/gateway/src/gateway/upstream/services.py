"""The three services as the gateway sees them: where they are, and how many calls they bear."""

from typing import NamedTuple

from yarl import URL

from gateway.settings import Settings
from gateway.upstream.routes import Service
from shared.admission import Admission


class Upstream(NamedTuple):
    """One service; `origin` is what a Location of its own would begin with."""

    name: str
    base: str
    origin: bytes
    calls: Admission
    bulk_calls: Admission
    intake_calls: Admission


def upstreams_of(settings: Settings) -> dict[Service, Upstream]:
    """All services of one process, with the places that its calls share."""
    urls = {
        Service.REGISTRY: settings.registry_url,
        Service.CASES: settings.cases_url,
        Service.JOB_ORDERS: settings.job_orders_url,
    }

    def admission(at_once: int) -> Admission:
        return Admission(
            at_once,
            waiting=settings.waiting_per_service,
            patience_seconds=settings.waiting_seconds,
        )

    return {
        service: Upstream(
            name=service.value,
            base=url.rstrip("/"),
            origin=str(URL(url).origin()).encode(),
            calls=admission(settings.calls_per_service),
            bulk_calls=admission(settings.bulk_calls_per_service),
            intake_calls=Admission(
                settings.intake_calls_per_service,
                waiting=settings.intake_waiting,
                patience_seconds=settings.intake_waiting_seconds,
            ),
        )
        for service, url in urls.items()
    }

"""The three services as the gateway sees them: where they are, and how many calls they bear."""

from typing import NamedTuple

from yarl import URL

from gateway.settings import Settings
from gateway.upstream.bulkhead import Bulkhead
from gateway.upstream.routes import Service


class Upstream(NamedTuple):
    """One service; `origin` is what a Location of its own would begin with."""

    name: str
    base: str
    origin: bytes
    calls: Bulkhead
    bulk_calls: Bulkhead


def upstreams_of(settings: Settings) -> dict[Service, Upstream]:
    """All services of one process, with the places that its calls share."""
    urls = {
        Service.REGISTRY: settings.registry_url,
        Service.CASES: settings.cases_url,
        Service.JOB_ORDERS: settings.job_orders_url,
    }

    def bulkhead(at_once: int) -> Bulkhead:
        return Bulkhead(
            at_once,
            waiting=settings.waiting_per_service,
            patience_seconds=settings.waiting_seconds,
        )

    return {
        service: Upstream(
            name=service.value,
            base=url.rstrip("/"),
            origin=str(URL(url).origin()).encode(),
            calls=bulkhead(settings.calls_per_service),
            bulk_calls=bulkhead(settings.bulk_calls_per_service),
        )
        for service, url in urls.items()
    }

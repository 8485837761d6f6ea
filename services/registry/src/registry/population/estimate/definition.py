"""The numbers behind an estimate: a changed one is a new definition."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EstimateDefinition:
    """What is declared, since two lists cannot tell it."""

    id: str
    returns_told: float
    """The part of returns that the register of placements tells of."""
    returns_told_error: float
    """The standard error of that part."""
    precision: float
    recall: float
    """Of links that were decided; both 1 where links are probabilities, which hold their errors."""
    linkage_error: float
    """The standard error of the number of links, relative: how well probabilities are meant."""
    links_of_a_group: float
    """Fewer links in a group of a country are not read apart from the country's others."""
    links_of_a_country: float
    """Fewer links in a country are flagged; its interval is wide by itself."""
    links_at_least: float
    """Fewer links say nothing of a country: the coverage of all countries is taken."""
    least_part_of_coverage: float
    """How far below that of all the coverage of such a country may lie."""
    repetitions: int
    odds: tuple[float, float]
    """Dependence of the lists, as odds ratios, that the band of sensitivity spans."""


ESTIMATE_1 = EstimateDefinition(
    id="estimate-1",
    returns_told=0.9,
    returns_told_error=0.02,
    precision=1.0,
    recall=1.0,
    linkage_error=0.003,
    links_of_a_group=50.0,
    links_of_a_country=50.0,
    links_at_least=10.0,
    least_part_of_coverage=1 / 3,
    repetitions=500,
    odds=(0.5, 2.0),
)

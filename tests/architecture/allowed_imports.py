"""The contract type `only` of import-linter: some modules may import what is listed and no more.

import-linter's own types say what is forbidden; a list of everything else would miss the next
dependency. The standard library is always allowed, and so is what lies among the source modules.
"""

import sys
from collections.abc import Iterable
from typing import cast

import grimp
from importlinter import Contract, ContractCheck, fields, output
from importlinter.domain.imports import Module


class AllowedImports(Contract):
    """`source_modules` and all below them import directly `allowed_modules` only."""

    source_modules = fields.SetField(subfield=fields.ModuleField())
    allowed_modules = fields.SetField(subfield=fields.ModuleField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        del verbose
        sources = _named(self.source_modules)
        allowed = sources | _named(self.allowed_modules)
        found = [
            (importer, imported)
            for source in sources
            for importer in sorted({source, *graph.find_descendants(source)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if imported not in sys.stdlib_module_names and not _lies_within(imported, allowed)
        ]
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in check.metadata["found"]:
            output.print_error(f"{importer} is not allowed to import {imported}")


def _named(modules: object) -> set[str]:
    """A field stands for what was given to it; the library's types do not say so."""
    return {module.name for module in cast("Iterable[Module]", modules)}


def _lies_within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)

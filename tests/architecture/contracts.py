"""A contract of our own for import-linter, where its kinds would need one entry per pair of domains."""

from typing import Any

import grimp
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """Who stands outside of a house imports only its doors.

    A house is a package in `container`; `doors` are the modules in it that others may import. `open_houses` have no
    doors: everything in them is for all. Only direct imports count, since going through a door is the point.
    """

    type_name = "doors"

    # Any: import-linter puts the plain values in the place of the fields.
    importers: Any = fields.ListField(subfield=fields.StringField())
    container: Any = fields.StringField()
    open_houses: Any = fields.SetField(subfield=fields.StringField())
    doors: Any = fields.SetField(subfield=fields.StringField())

    def check(self, graph: grimp.ImportGraph, verbose: bool) -> ContractCheck:
        """Every direct import that climbs in by the window."""
        broken = sorted(
            (importer, imported)
            for imported in graph.modules
            if (house := self._closed_house(imported)) is not None
            for importer in graph.find_modules_that_directly_import(imported)
            if self._is_watched(importer) and not f"{importer}.".startswith(f"{house}.")
        )
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line for each."""
        for importer, imported in check.metadata["broken"]:
            output.print_error(f"{importer} is not allowed to import {imported}", bold=False)

    def _is_watched(self, importer: str) -> bool:
        return any(f"{importer}.".startswith(f"{root}.") for root in self.importers)

    def _closed_house(self, module: str) -> str | None:
        """The house that `module` is a private part of, or None for doors, open houses and what is no house."""
        path = module.split(".")
        if len(path) < 3 or path[0] != self.container or path[1] in self.open_houses or path[2] in self.doors:
            return None
        return ".".join(path[:2])

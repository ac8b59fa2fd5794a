"""A contract that import-linter has not: some modules import the standard library and one another, and nothing else."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class StandardLibraryOnly(Contract):
    """Forbid every package but Python's own, whatever it is called."""

    type_name = "standard_library_only"
    modules = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - as the base says
        """Look at each import that a module or one below it makes."""
        roots = [str(module) for module in self.modules]  # type: ignore[attr-defined]  # a field holds its value
        importers = {name for root in roots for name in (root, *graph.find_descendants(root))}
        foreign = sorted(
            (importer, imported)
            for importer in importers
            for imported in graph.find_modules_directly_imported_by(importer)
            if imported not in importers and imported.split(".")[0] not in sys.stdlib_module_names
        )
        return ContractCheck(kept=not foreign, metadata={"foreign": foreign})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import that is not to be."""
        for importer, imported in check.metadata["foreign"]:
            output.print_error(f"{importer} imports {imported}.", bold=False)

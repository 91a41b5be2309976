"""How a published table's column is described. Apart, since who reads a pointer needs no more."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableColumn:
    """One column of a published table.

    Attributes:
        name: lower case, letters, digits and underscores.
        type: its Athena type: ``string``, ``smallint``, ``int``, ``bigint``, ``double``.
        comment: what it means, for the catalog and the docs.
    """

    name: str
    type: str
    comment: str

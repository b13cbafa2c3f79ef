"""Blocks that lead nowhere, for those who see an answer and nothing else. No Django here."""

from dataclasses import replace

from analytics.views.explore.blocks import (
    BarsBlock,
    Block,
    FlowBlock,
    GridBlock,
    LinesBlock,
    NamesBlock,
    StepsBlock,
    TableBlock,
)


def unlinked(block: Block) -> Block | None:
    """The block without links to people or other pages; None for one that is names alone."""
    if isinstance(block, NamesBlock):
        return None
    if isinstance(block, TableBlock):
        return replace(block, hrefs=(), links=())
    if isinstance(block, LinesBlock | BarsBlock | FlowBlock):
        return replace(block, table=replace(block.table, hrefs=(), links=()))
    if isinstance(block, StepsBlock):
        return replace(block, steps=tuple(replace(step, people=()) for step in block.steps))
    if isinstance(block, GridBlock):
        rows = tuple(
            (name, size, tuple(replace(cell, href="", title="") for cell in cells))
            for name, size, cells in block.rows
        )
        return replace(block, rows=rows)
    return block

"""A real client of the Model Context Protocol, which starts `lake mcp` and talks to it."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from mcp import Client, StdioServerParameters, types

if TYPE_CHECKING:
    from collections.abc import Sequence

Call = tuple[str, dict[str, Any]]


def talk(lake: str, calls: Sequence[Call]) -> tuple[list[Any], list[types.CallToolResult]]:
    """What a server over a lake says: its tools, and the answer to each call."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "labor_lake", "mcp", "--lake", lake]
    )

    async def run() -> tuple[list[Any], list[types.CallToolResult]]:
        async with Client(command, read_timeout_seconds=60) as client:
            listed = await client.list_tools()
            answers = [await client.call_tool(name, given) for name, given in calls]
            return list(listed.tools), answers

    return asyncio.run(run())


def content_of(answer: types.CallToolResult) -> dict[str, Any]:
    """What an answer has for programs."""
    content: dict[str, Any] | None = answer.structured_content
    assert content is not None
    return content


def text_of(answer: types.CallToolResult) -> str:
    """What it has for clients that know texts alone."""
    (content,) = answer.content
    assert isinstance(content, types.TextContent)
    return content.text

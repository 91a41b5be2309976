"""`lake mcp`: the lake's questions as tools of a program that talks."""

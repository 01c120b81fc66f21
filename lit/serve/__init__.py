"""What answers programs and assistants on the page's own port: HTTP in three dialects, and MCP. docs/api.md."""

/** The MCP server of the benchmarks: one tool that gives back what it is given, with some ballast behind it. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as z from 'zod';

/** About what a tool result is long in practice, so that a conversation grows as it does in practice. */
const BALLAST = 'x'.repeat(2_000);

const server = new McpServer({ name: 'echo', version: '1.0.0' });
server.registerTool(
  'echo',
  { description: 'Gives back its text.', inputSchema: { text: z.string() }, annotations: { readOnlyHint: true } },
  ({ text }) => ({ content: [{ type: 'text', text: `${text} ${BALLAST}` }] }),
);
void server.connect(new StdioServerTransport());

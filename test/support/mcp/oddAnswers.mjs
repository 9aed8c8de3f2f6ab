// Definitions and answers off the beaten track.
import { serve, text, tool } from './rpc.mjs';

const outputSchema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
const answers = {
  fails: () => ({ ...text('no such user'), isError: true }),
  fails_silently: () => ({ content: [], isError: true }),
  refuses: () => ({ error: { code: -32602, message: 'the argument "user" is missing' } }),
  wrong_output: () => ({ content: [], structuredContent: { n: 'not a number' } }),
  odd_block: () => ({ content: [{ type: 'hologram' }, ...text('still here').content] }),
  huge: () => text('x'.repeat(17 * 1024 * 1024)),
  whoami: () => text(JSON.stringify({ env: process.env, cwd: process.cwd(), args: process.argv.slice(2) })),
};
serve({
  tools: [
    tool('reads', { annotations: { readOnlyHint: true } }),
    { name: 'no_schema' },
    tool('array_schema', { inputSchema: { type: 'array' } }),
    'not even an object',
    tool('odd_annotations', { annotations: 'none', description: 7, title: 'Odd' }),
    tool('wrong_output', { outputSchema }),
    tool('broken_output_schema', { outputSchema: { type: 'object', properties: { a: { $ref: '#/nowhere' } } } }),
    tool('reads'),
    ...['fails', 'fails_silently', 'refuses', 'odd_block', 'huge', 'whoami'].map((name) => tool(name)),
  ],
  onCall: ({ name }) => answers[name]?.() ?? { error: { code: -32602, message: `Unknown tool: ${name}` } },
});

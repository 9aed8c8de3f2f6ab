// Writes lines to a log with O_APPEND (LEDGER_FILE) and tells what stands there. `append` takes its time before and
// after the write ($BEFORE_MS, $AFTER_MS), and what is told is long (PADDING characters more), so that a kill can come before, between and after.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { send, serve, text, tool } from './rpc.mjs';

const { LEDGER_FILE, BEFORE_MS = '0', AFTER_MS = '0', PADDING = '0' } = process.env;
const lines = () => (existsSync(LEDGER_FILE) ? readFileSync(LEDGER_FILE, 'utf8').split('\n').slice(0, -1) : []);
const inputSchema = { type: 'object', properties: { line: { type: 'string' } }, required: ['line'] };

serve({
  tools: [
    tool('append', { description: 'Appends a line.', inputSchema, annotations: { readOnlyHint: false } }),
    tool('entries', { description: 'Tells all lines.', annotations: { readOnlyHint: true } }),
  ],
  onCall(params, id) {
    if (params.name === 'entries') return text(`entries: ${JSON.stringify(lines())}\n${'.'.repeat(Number(PADDING))}`);
    const { line } = params.arguments;
    setTimeout(() => {
      appendFileSync(LEDGER_FILE, `${line}\n`);
      setTimeout(() => send({ id, result: text(`appended ${line}`) }), Number(AFTER_MS));
    }, Number(BEFORE_MS));
    return undefined;
  },
});

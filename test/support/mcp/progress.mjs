// A job that gets on each time somebody looks, a search that never finds anything, and a place to put things.
import { serve, text, tool } from './rpc.mjs';

const readOnly = { annotations: { readOnlyHint: true } };
let percent = 0;
serve({
  tools: [tool('job_status', readOnly), tool('search', readOnly), tool('put')],
  onCall: ({ name }) =>
    text({ job_status: () => `${++percent} %`, search: () => 'nothing found', put: () => 'ok' }[name]()),
});

// A read-only tool that answers only where a file `go` stands in its folder.
import { existsSync } from 'node:fs';
import { serve, text, tool } from './rpc.mjs';

serve({
  tools: [tool('look', { annotations: { readOnlyHint: true } })],
  onCall: () => (existsSync('go') ? text('looked') : undefined),
});

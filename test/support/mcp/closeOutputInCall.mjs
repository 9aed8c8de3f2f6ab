// Closes its output and lives on.
import { closeSync } from 'node:fs';
import { serve, tool } from './rpc.mjs';

setInterval(() => undefined, 1000);
serve({ tools: [tool('hush')], onCall: () => closeSync(1) });

// A program that ends without closing its servers; only the 'exit' hook is left to end them.
import { killAllProcessTrees } from '../../../src/mcp/processTree';
import { openToolbox } from '../../../src/mcp/toolbox';
import { connectionsIn, fakeServer } from './harness';

process.on('exit', killAllProcessTrees);
void openToolbox(
  [fakeServer('grandchild', { PID_FILE: process.env['PID_FILE'] ?? null })],
  connectionsIn([process.cwd()]),
  new AbortController().signal,
).then(({ failures }) => process.exit(failures.length === 0 ? 0 : 1));

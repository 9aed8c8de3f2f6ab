// A program that is ended in a way that it does not notice. It says so when its servers run.
import { openToolbox } from '../../../src/mcp/toolbox';
import { connectionsIn, fakeServer } from './harness';

const env = { PID_FILE: process.env['PID_FILE'] ?? null };
void openToolbox(
  [fakeServer('grandchild', env), fakeServer('stubborn', env)],
  connectionsIn([process.cwd()]),
  new AbortController().signal,
).then(({ failures }) => {
  process.stdout.write(failures.length === 0 ? 'ready\n' : 'failed\n');
});

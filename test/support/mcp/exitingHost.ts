// A program that ends without closing its servers; only the 'exit' hook is left to end them.
import { systemClock } from '../../../src/base/clock';
import { nullLogger } from '../../../src/base/logger';
import { killAllProcessTrees } from '../../../src/mcp/processTree';
import { openToolbox } from '../../../src/mcp/toolbox';
import { fakeServer } from './harness';

process.on('exit', killAllProcessTrees);
void openToolbox(
  [fakeServer('grandchild', { PID_FILE: process.env['PID_FILE'] ?? null })],
  { workspaces: [process.cwd()], clock: systemClock, logger: nullLogger, clientVersion: '1' },
  new AbortController().signal,
).then(({ failures }) => process.exit(failures.length === 0 ? 0 : 1));

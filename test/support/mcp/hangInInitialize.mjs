// Takes everything and says nothing; lives on without input, and when it is asked to end.
import { reportPid } from './rpc.mjs';

process.on('SIGTERM', () => undefined);
process.stdin.resume();
setInterval(() => undefined, 1000);
reportPid();
process.stderr.write('waiting for a licence\n');

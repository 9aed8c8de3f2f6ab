// Takes everything and says nothing; lives on without input, and when it is asked to end.
import { reportPid } from './rpc.mjs';

process.on('SIGTERM', () => undefined);
process.stdin.resume();
setInterval(() => undefined, 1000);
// First the words, then the pid: who has seen the pid may end this process at once, and asks for its last words.
process.stderr.write('waiting for a licence\n');
reportPid();

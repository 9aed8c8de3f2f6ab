// Each tool goes wrong in its own way; `ok` does not.
import { send, serve, text, tool } from './rpc.mjs';

let late;
const FAULTS = {
  ok: () => text('fine'),
  hang: () => undefined,
  late(_params, id) {
    late = id;
    return undefined;
  },
  exit: () => process.exit(9),
  stdout() {
    for (let n = 0; n < 50_000; n++) process.stdout.write(`nothing ${n} ${'x'.repeat(80)}\n`);
    return text('flooded');
  },
  stderr() {
    for (let n = 0; n < 50_000; n++) process.stderr.write(`nothing ${n} ${'x'.repeat(80)}\n`);
    return text('flooded');
  },
  garbage() {
    process.stdout.write('\u0000\u001b[31m{{{[[\n{"jsonrpc":"2.0","id":77,"result":{}}\n"\n');
    return text('after the garbage');
  },
  huge: () => text('y'.repeat(50 * 1024 * 1024)),
};

serve({
  tools: Object.keys(FAULTS).map((name) => tool(name)),
  onMessage(message) {
    if (message.method === 'notifications/cancelled' && message.params.requestId === late)
      send({ id: late, result: text('too late') });
    return false;
  },
  onCall: (params, id) => FAULTS[params.name](params, id),
});

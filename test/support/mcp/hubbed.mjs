// A server for many lives: `die` ends it, `pid` says which process answers, after `deaf` it answers nothing any more.
// TOOLS_FILE, where it is set, names its tools.
import { readFileSync } from 'node:fs';
import { send, serve, text, tool } from './rpc.mjs';

let isDeaf = false;

const own = () =>
  process.env.TOOLS_FILE ? JSON.parse(readFileSync(process.env.TOOLS_FILE, 'utf8')) : [tool('pid'), tool('die')];

serve({
  tools: own(),
  onMessage(message) {
    if (isDeaf) return true;
    if (message.method === 'initialize') {
      const { protocolVersion } = message.params;
      const capabilities = { tools: { listChanged: true } };
      send({ id: message.id, result: { protocolVersion, capabilities, serverInfo: { name: 'hubbed', version: '1' } } });
      return true;
    }
    if (message.method !== 'tools/list') return false;
    send({ id: message.id, result: { tools: own() } });
    return true;
  },
  onCall({ name }) {
    if (name === 'die') process.exit(3);
    isDeaf = name === 'deaf';
    if (name === 'change') send({ method: 'notifications/tools/list_changed' });
    return text(String(process.pid));
  },
});

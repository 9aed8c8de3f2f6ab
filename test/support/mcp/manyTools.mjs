// 250 tools on 5 pages; with ENDLESS set, the last page leads back to the first one.
import { send, serve, tool } from './rpc.mjs';

const all = Array.from({ length: 250 }, (_, n) => tool(`tool_${n}`));
serve({
  onMessage(message) {
    if (message.method !== 'tools/list') return false;
    const start = Number(message.params?.cursor ?? 0);
    const next = start + 50 < all.length ? String(start + 50) : process.env.ENDLESS ? '0' : undefined;
    send({ id: message.id, result: { tools: all.slice(start, start + 50), nextCursor: next } });
    return true;
  },
});

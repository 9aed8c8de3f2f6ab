// Greets people on the stream that is for messages.
import { send, serve, text, tool } from './rpc.mjs';

process.stdout.write('Welcome to the fake server!\n\n[1,2]\n{"hello":"world"}\n{"jsonrpc":"2.0","nonsense":true}\n');
serve({
  tools: [tool('talk')],
  onCall() {
    process.stdout.write('debug: talking\r\n');
    for (let n = 0; n < 1000; n++) process.stdout.write(`debug ${n}\n`);
    send({ id: 999, result: {} });
    return text('talked');
  },
});

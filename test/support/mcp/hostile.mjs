// Every text that it gives has characters that change how the text around it is shown.
import { serve, text, tool } from './rpc.mjs';

const HIDDEN = '\u001b[31m\u202e\u200b\u0007\u2066\u{e0041}';
const nasty = (words) => `${HIDDEN}${words}${HIDDEN}`;

process.stderr.write(`${nasty('last words')}\n`);

serve({
  tools: [tool(nasty('wipe'), { title: nasty('Wipe'), description: nasty('Wipes it.') })],
  onCall: () => ({ ...text(nasty('It is gone.')), isError: true }),
});

// A tool `read` whose results are long; with TOOLS set, so many others beside it. NOTE_FILE tells what was read.
import { note, serve, text, tool } from './rpc.mjs';

const READ = {
  inputSchema: {
    type: 'object',
    properties: { file: { type: 'string' }, length: { type: 'integer' } },
    required: ['file'],
  },
  annotations: { readOnlyHint: true },
};
const others = Array.from({ length: Number(process.env.TOOLS ?? 0) }, (_, n) =>
  tool(`other_${n}`, {
    description: `Changes the setting number ${n} of the machine, after it was looked up.`,
    inputSchema: { type: 'object', properties: { value: { type: 'string', description: 'The new value' } } },
  }),
);

serve({
  tools: [tool('read', READ), ...others],
  onCall({ arguments: { file, length = 3000 } }) {
    note(`read ${file}`);
    const line = `${file}: the quick brown fox jumps over the lazy dog. `;
    return text(`${line.repeat(Math.ceil(length / line.length)).slice(0, length)}\nThe word in ${file} is W-${file}.`);
  },
});

import { serve, text, tool } from './rpc.mjs';

const flood = () => {
  for (let n = 0; n < 20_000; n++) process.stderr.write(`line ${n} ${'x'.repeat(80)}\n`);
};
flood();
serve({
  tools: [tool('flood'), tool('die')],
  onCall({ name }) {
    flood();
    if (name === 'flood') return text('flooded');
    process.stderr.write('the very last line\n', () => process.exit(1));
    return undefined;
  },
});

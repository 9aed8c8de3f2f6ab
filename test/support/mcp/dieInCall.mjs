import { serve, tool } from './rpc.mjs';

serve({
  tools: [tool('die')],
  onCall() {
    process.stderr.write('fatal: out of luck\n');
    process.exit(7);
  },
});

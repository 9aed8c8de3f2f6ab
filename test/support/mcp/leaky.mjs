// Gives away what it was started with, in every way that a server has.
import { note, serve, send, text, tool } from './rpc.mjs';

const secret = () => process.env.API_KEY;
process.stderr.write(`starting with ${secret()}\n`);
process.stdout.write(`no message: ${secret()}\n`);
if (process.env.DIE === '1') process.exit(1);

serve({
  tools: [tool('fails'), tool('dies'), tool('waits')],
  onCall: ({ name }, id) => {
    process.stderr.write(`called with ${secret()}\n`);
    if (name === 'dies') process.exit(3);
    if (name === 'fails') return { ...text(`Wrong key: ${secret()}`), isError: true };
    note('waiting');
    if (process.env.WAIT !== '1') send({ id, result: text('done') });
    return undefined;
  },
});

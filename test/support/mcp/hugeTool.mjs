// One tool whose schema alone is larger than a small context.
import { serve, tool } from './rpc.mjs';

const option = { type: 'string', description: 'One of many options, described in a good many words. '.repeat(4) };
const options = Object.fromEntries(Array.from({ length: 80 }, (_, n) => [`option_${n}`, option]));
const inputSchema = { type: 'object', properties: { target: { type: 'string' }, ...options }, required: ['target'] };
serve({ tools: [tool('configure', { description: 'Configures a target.', inputSchema })] });

// Asks the client while a tool runs, changes what it offers, and answers no pings when told so.
import { note, send, serve, text, tool } from './rpc.mjs';

let tools = [tool('ask'), tool('ask_secret'), tool('flood'), tool('grow'), tool('progress'), tool('deaf')];
let prompts = [{ name: 'first' }];
let resources = [{ uri: 'a:1' }, { name: 'without an address' }, { uri: 'a:1' }];
let isDeaf = false;
let asked = 0;
const calls = new Map();

const form = (properties) => ({ message: 'Please', requestedSchema: { type: 'object', properties } });
function ask(call, params) {
  const id = `ask-${++asked}`;
  calls.set(id, call);
  send({ id, method: 'elicitation/create', params });
}

const actions = {
  ask: (id) => ask(id, form({ name: { type: 'string' } })),
  ask_secret: (id) => ask(id, form({ userName: { type: 'string' }, apiKey: { type: 'string' } })),
  flood: (id) => {
    for (let count = 0; count < 12; count++) ask(id, form({ name: { type: 'string' } }));
  },
  grow: (id) => {
    tools = [...tools, tool('grown')];
    prompts = [...prompts, { name: 'second' }];
    resources = [{ uri: 'a:2' }];
    for (let count = 0; count < 5; count++)
      for (const part of ['tools', 'prompts', 'resources']) send({ method: `notifications/${part}/list_changed` });
    send({ id, result: text('grown') });
  },
  progress: (id, token) => {
    const params = { progressToken: token, progress: 1, total: 2, message: 'half \u001b[31mway' };
    send({ method: 'notifications/progress', params });
    // The result comes when the client has answered this, so surely after it has heard of the progress.
    calls.set('ping', id);
    send({ id: 'ping', method: 'ping' });
  },
  deaf: (id) => {
    isDeaf = true;
    send({ id, result: text('deaf') });
  },
};

serve({
  tools,
  onMessage: (message) => {
    const { method, id, params, result, error } = message;
    const reply = (value) => {
      send({ id, result: value });
      return true;
    };
    if (method === 'initialize')
      return reply({
        protocolVersion: params.protocolVersion,
        capabilities: {
          ...{ tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true } },
          logging: {},
        },
        serverInfo: { name: 'asks back', version: '1' },
      });
    if (method === 'tools/list') return reply({ tools });
    if (method === 'prompts/list') return reply({ prompts });
    if (method === 'resources/list') return reply({ resources });
    if (method === 'ping') return isDeaf || reply({});
    if (method === 'tools/call') {
      actions[params.name](id, params._meta?.progressToken);
      return true;
    }
    if (method === 'notifications/cancelled') note(`cancelled ${params.requestId}`);
    const call = calls.get(id);
    if (method === undefined && call !== undefined) {
      calls.delete(id);
      note(error ? `refused ${error.code} ${error.message}` : `answered ${JSON.stringify(result)}`);
      if (calls.size === 0) send({ id: call, result: text(error ? error.message : JSON.stringify(result)) });
      return true;
    }
    return false;
  },
});

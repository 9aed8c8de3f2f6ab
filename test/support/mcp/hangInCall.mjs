// `hang` never answers; `tick` reports progress once for every other message that comes in; `quick` answers.
import { send, serve, text, tool } from './rpc.mjs';

let token;
serve({
  tools: [tool('hang'), tool('tick'), tool('quick')],
  onCall(params) {
    if (params.name === 'quick') {
      if (token !== undefined)
        send({ method: 'notifications/progress', params: { progressToken: token, progress: 1 } });
      return text('quick');
    }
    token = params._meta?.progressToken;
    return undefined;
  },
});

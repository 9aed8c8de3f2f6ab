/** The task that a server's prompt gives (`--prompt`), and connections that serve the prompt and then the run. */
import { ConfigurationError } from '../base/errors';
import type { ConnectionLease, ConnectionSource } from '../mcp/connections';
import type { ServerSpec } from '../mcp/serverSpec';
import { taskOfPrompt } from '../tasks/promptTask';
import { type PromptChoice, usage } from './optionValues';

/** Each server is started once and stays until `end`. */
export class HeldConnections implements ConnectionSource {
  readonly #held = new Map<ServerSpec, Promise<ConnectionLease>>();

  constructor(private readonly source: ConnectionSource) {}

  async lease(spec: ServerSpec, signal: AbortSignal): Promise<ConnectionLease> {
    const starting = this.#held.get(spec) ?? this.source.lease(spec, signal);
    this.#held.set(spec, starting);
    const lease = await starting;
    return {
      get connection() {
        return lease.connection;
      },
      usable: (ending) => lease.usable?.(ending) ?? Promise.resolve(lease.connection),
      release: () => Promise.resolve(),
    };
  }

  /** Settles when nothing is left of the servers; never rejects. */
  async end(): Promise<void> {
    const leases = await Promise.allSettled([...this.#held.values()]);
    await Promise.all(leases.flatMap((lease) => (lease.status === 'fulfilled' ? [lease.value.release()] : [])));
  }
}

/** @throws ConfigurationError `usage` where there is no such server, prompt or argument; what keeps the server from answering */
export async function promptTask(
  { server, name, args }: PromptChoice,
  servers: readonly ServerSpec[],
  connections: ConnectionSource,
  signal: AbortSignal,
): Promise<string> {
  const spec = servers.find((candidate) => candidate.name === server);
  if (!spec) throw usage(`There is no MCP server "${server}".`);
  const { connection } = await connections.lease(spec, signal);
  const { prompts } = connection.offer;
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (!prompt) {
    const names = prompts.map((candidate) => candidate.name).join(', ');
    throw new ConfigurationError('usage', `MCP server "${server}" has no prompt "${name}".`, {
      hint: names === '' ? 'It offers no prompts at all.' : `It offers: ${names}.`,
    });
  }
  const known = prompt.arguments.map((argument) => argument.name);
  const odd = Object.keys(args).find((argument) => !known.includes(argument));
  if (odd !== undefined) throw usage(`The prompt "${name}" has no argument "${odd}".`);
  const missing = prompt.arguments.find((argument) => argument.isRequired && args[argument.name] === undefined);
  if (missing) throw usage(`The prompt "${name}" needs --prompt-arg ${missing.name}=VALUE.`);
  return taskOfPrompt(await connection.getPrompt(name, args, signal)).text;
}

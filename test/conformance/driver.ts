/**
 * The client that the conformance suite tests: our own connections, with a person who agrees to everything. The suite
 * gives the address as the last argument and, where a scenario has them, the credentials of a client in the environment.
 */
import { systemClock } from '../../src/base/clock';
import { errorMessage } from '../../src/base/errors';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../src/base/json';
import { createLogger } from '../../src/base/logger';
import type { ClientHost } from '../../src/mcp/clientHost';
import { type ConnectionLease, ownConnections } from '../../src/mcp/connections';
import { givenSource, type HttpSpec, type ServerSpec } from '../../src/mcp/serverSpec';
import { fakePerson } from '../support/mcp/fakeBrowser';

/** The suite's own: the address of the metadata document of a client is its id (SEP-991). */
const METADATA_DOCUMENT = 'https://conformance-test.local/client-metadata.json';

function configuredClient(scenario: string): HttpSpec['oauth'] {
  if (scenario === 'auth/basic-cimd') return { clientId: METADATA_DOCUMENT };
  const context = parseJson(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}');
  if (!context.ok || !isJsonObject(context.value)) return undefined;
  const { client_id: clientId, client_secret: clientSecret } = context.value;
  if (typeof clientId !== 'string') return undefined;
  return typeof clientSecret === 'string' ? { clientId, clientSecret } : { clientId };
}

/** Arguments that fit a schema; whatever is not required is left out. */
function argumentsFor(schema: JsonObject): JsonObject {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const listed = Array.isArray(schema['required']) ? schema['required'] : Object.keys(properties);
  const required = listed.filter((name) => typeof name === 'string');
  const value = (name: string): JsonValue => {
    const property = properties[name];
    const type = isJsonObject(property) ? property['type'] : undefined;
    if (type === 'number' || type === 'integer') return 3;
    return type === 'boolean' ? true : type === 'object' ? {} : type === 'array' ? [] : 'text';
  };
  return Object.fromEntries(required.map((name) => [name, value(name)]));
}

async function main(url: string): Promise<void> {
  const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? '';
  const logger = createLogger((level, message) => void process.stderr.write(`${level} ${message}\n`));
  // The person leaves every field as the form shows it.
  const host: ClientHost = {
    roots: { folders: [process.cwd()] },
    signIn: fakePerson(),
    elicit: (request) => {
      const fields = request.kind === 'form' ? request.fields : [];
      const shown = fields.flatMap((field) =>
        field.default === undefined ? [] : [[field.name, field.default] as const],
      );
      return Promise.resolve({ kind: 'accept', content: Object.fromEntries(shown) });
    },
  };
  const connections = ownConnections({ host, clock: systemClock, logger, clientVersion: '0.0.0' });
  const file = `${process.cwd()}/conformance.json`;
  const oauth = configuredClient(scenario);
  const spec: ServerSpec = {
    name: 'conformance',
    transport: { kind: 'http', url, headers: {}, protocol: 'auto', ...(oauth ? { oauth } : {}) },
    ...{ disabled: false, origin: { file, line: 1, column: 1 }, source: givenSource(file), inputs: [] },
  };
  const { signal } = new AbortController();
  const lease = await connections.lease(spec, signal);
  try {
    await callEveryTool(lease, signal);
  } finally {
    await lease.release();
  }
}

async function callEveryTool({ connection }: ConnectionLease, signal: AbortSignal): Promise<void> {
  for (const { name, inputSchema } of connection.tools) {
    const outcome = await connection.callTool(name, argumentsFor(inputSchema), signal);
    process.stdout.write(`${name}: ${outcome.text}\n`);
    if (outcome.isError) throw new Error(outcome.text);
  }
}

main(process.argv.at(-1) ?? '').catch((error: unknown) => {
  process.stderr.write(`${errorMessage(error)}\n`);
  process.exitCode = 1;
});

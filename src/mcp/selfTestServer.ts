/** The MCP server of the self-test: three small tools whose results can only be known by calling them right. */
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { CallToolResult, Tool } from '@modelcontextprotocol/sdk/types.js';
import { canonicalJson, isJsonObject } from '../base/json';
import { BOXES, ORDER, PINS, SELF_TEST_CODES } from './selfTestFacts';

interface SelfTestTool {
  readonly definition: Tool;
  /** The arguments fit the definition: our agent has seen to that. */
  readonly run: (args: Readonly<Record<string, unknown>>) => CallToolResult;
}

/** Serves one client, from now until the transport closes. Loads the SDK's server on first use. */
export async function serveSelfTest(transport: Transport): Promise<void> {
  const [{ Server }, { CallToolRequestSchema, ListToolsRequestSchema }] = await Promise.all([
    import('@modelcontextprotocol/sdk/server/index.js'),
    import('@modelcontextprotocol/sdk/types.js'),
  ]);
  const server = new Server({ name: 'self-test', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: TOOLS.map(({ definition }) => definition) }));
  server.setRequestHandler(CallToolRequestSchema, ({ params: { name, arguments: args = {} } }) => {
    const tool = TOOLS.find(({ definition }) => definition.name === name);
    return tool ? tool.run(args) : failed(`There is no tool "${name}".`);
  });
  await server.connect(transport);
}

const TEXT = { type: 'string' };

const TOOLS: readonly SelfTestTool[] = [
  {
    definition: define('read_box', 'Tells what is in a box.', { name: TEXT }),
    run: ({ name }) => {
      const content = BOXES[String(name).trim().toLowerCase()];
      return content === undefined ? failed(`There is no box "${String(name)}".`) : said(content);
    },
  },
  {
    definition: define('open_safe', 'Opens the safe and tells the code in it.', { pin: TEXT }),
    run: ({ pin }) => {
      if (pin === PINS.wanted) return said(`The safe is open. The code in it is ${SELF_TEST_CODES.safe}.`);
      if (pin !== PINS.said) return failed('The pin is wrong.');
      return failed('The pin is right but written wrong: the safe wants a dash in its middle, as in 12-34.');
    },
  },
  {
    definition: define('place_order', 'Orders products for a customer. Returns the order number.', {
      customer: shape({ name: TEXT, city: TEXT }),
      items: { type: 'array', items: shape({ product: TEXT, quantity: { type: 'integer' } }) },
    }),
    run: (order) =>
      canonicalJson(comparable(order)) === canonicalJson(comparable(ORDER))
        ? said(`The order number is ${SELF_TEST_CODES.order}.`)
        : failed('This is not the order that was asked for.'),
  },
];

function define(name: string, description: string, properties: Readonly<Record<string, object>>): Tool {
  return { name, description, inputSchema: shape(properties), annotations: { readOnlyHint: true } };
}

function shape(properties: Readonly<Record<string, object>>) {
  return { type: 'object' as const, properties, required: Object.keys(properties), additionalProperties: false };
}

/** Capitals, a plural and the order of a list are no mistakes. */
function comparable(value: unknown): unknown {
  if (typeof value === 'string') return value.trim().toLowerCase().replace(/s$/, '');
  if (Array.isArray(value)) return value.map((item) => canonicalJson(comparable(item))).sort();
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, comparable(inner)]));
}

function said(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

function failed(text: string): CallToolResult {
  return { ...said(text), isError: true };
}

/**
 * `inputs` of VS Code's mcp.json: values that the person is asked for when a server starts
 * (code.visualstudio.com/docs/agents/reference/mcp-configuration, "Input variables").
 */
import { getNodeValue, type Node } from 'jsonc-parser';
import * as z from 'zod/v4';
import type { ConfigReport } from './configReport';
import type { InputSpec } from './serverSpec';

const inputSchema = z.looseObject({
  id: z.string({ error: 'needs an "id"' }).min(1, { error: 'needs an "id"' }),
  type: z.string({ error: 'needs a "type"' }),
  description: z.string({ error: 'has a "description" that is no text' }).nullish(),
  default: z.union([z.string(), z.number(), z.boolean()], { error: 'has a "default" that is no text' }).nullish(),
  password: z.boolean({ error: 'has a "password" that is neither true nor false' }).nullish(),
  options: z
    .array(
      z.union([z.string(), z.looseObject({ value: z.string() }).transform(({ value }) => value)], {
        error: 'has "options" that are no texts',
      }),
      { error: 'has "options" that are no list' },
    )
    .nullish(),
});

/** Reads what can be read; what is wrong is said, and is no input. */
export function readInputs(list: Node | undefined, report: ConfigReport): readonly InputSpec[] {
  if (!list) return [];
  if (list.type !== 'array') {
    report.say('error', list, '"inputs" must be a list.');
    return [];
  }
  const inputs = new Map<string, InputSpec>();
  for (const node of list.children ?? []) {
    const input = readInput(node, report);
    if (!input) continue;
    if (inputs.has(input.id))
      report.say('warning', node, `Input "${input.id}" is defined twice; the first one is used.`);
    else inputs.set(input.id, input);
  }
  return [...inputs.values()];
}

function readInput(node: Node, report: ConfigReport): InputSpec | undefined {
  const parsed = inputSchema.safeParse(getNodeValue(node));
  if (!parsed.success) {
    const problem = node.type === 'object' ? parsed.error.issues[0]?.message : 'must be an object';
    report.say('error', node, `An input ${problem ?? 'is wrong'}.`);
    return undefined;
  }
  const { id, type, description, default: preset, password, options } = parsed.data;
  if (type !== 'promptString' && type !== 'pickString') {
    const reason = type === 'command' ? 'a command of the editor would run for it' : `"${type}" is unknown`;
    report.say('warning', node, `Input "${id}" is not supported: ${reason}. Use promptString or pickString.`);
    return undefined;
  }
  if (type === 'pickString' && !options?.length) {
    report.say('error', node, `Input "${id}" has no "options" to pick from.`);
    return undefined;
  }
  return {
    id,
    kind: type,
    description: description ?? undefined,
    default: preset === null || preset === undefined ? undefined : String(preset),
    isPassword: type === 'promptString' && password === true,
    options: options ?? [],
  };
}

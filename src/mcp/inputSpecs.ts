/**
 * `inputs` of VS Code's mcp.json: values that the person is asked for when a server starts
 * (code.visualstudio.com/docs/agents/reference/mcp-configuration, "Input variables").
 */
import * as l10n from '@vscode/l10n';
import { getNodeValue, type Node } from 'jsonc-parser';
import * as z from 'zod/v4';
import type { ConfigReport } from './configReport';
import type { InputSpec } from './serverSpec';

const inputSchema = z.looseObject({
  id: z.string({ error: l10n.t('needs an "id"') }).min(1, { error: l10n.t('needs an "id"') }),
  type: z.string({ error: l10n.t('needs a "type"') }),
  description: z.string({ error: l10n.t('has a "description" that is no text') }).nullish(),
  default: z
    .union([z.string(), z.number(), z.boolean()], { error: l10n.t('has a "default" that is no text') })
    .nullish(),
  password: z.boolean({ error: l10n.t('has a "password" that is neither true nor false') }).nullish(),
  options: z
    .array(
      z.union([z.string(), z.looseObject({ value: z.string() }).transform(({ value }) => value)], {
        error: l10n.t('has "options" that are no texts'),
      }),
      { error: l10n.t('has "options" that are no list') },
    )
    .nullish(),
});

/** Reads what can be read; what is wrong is said, and is no input. */
export function readInputs(list: Node | undefined, report: ConfigReport): readonly InputSpec[] {
  if (!list) return [];
  if (list.type !== 'array') {
    report.say('error', list, l10n.t('"inputs" must be a list.'));
    return [];
  }
  const inputs = new Map<string, InputSpec>();
  for (const node of list.children ?? []) {
    const input = readInput(node, report);
    if (!input) continue;
    if (inputs.has(input.id))
      report.say('warning', node, l10n.t('Input "{0}" is defined twice; the first one is used.', input.id));
    else inputs.set(input.id, input);
  }
  return [...inputs.values()];
}

function readInput(node: Node, report: ConfigReport): InputSpec | undefined {
  const parsed = inputSchema.safeParse(getNodeValue(node));
  if (!parsed.success) {
    const problem = node.type === 'object' ? parsed.error.issues[0]?.message : l10n.t('must be an object');
    report.say('error', node, l10n.t('An input {0}.', problem ?? l10n.t('is wrong')));
    return undefined;
  }
  const { id, type, description, default: preset, password, options } = parsed.data;
  if (type !== 'promptString' && type !== 'pickString') {
    const reason =
      type === 'command' ? l10n.t('a command of the editor would run for it') : l10n.t('"{0}" is unknown', type);
    report.say(
      'warning',
      node,
      l10n.t('Input "{0}" is not supported: {1}. Use promptString or pickString.', id, reason),
    );
    return undefined;
  }
  if (type === 'pickString' && !options?.length) {
    report.say('error', node, l10n.t('Input "{0}" has no "options" to pick from.', id));
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

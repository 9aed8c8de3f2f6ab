/** The argument form of the run commands, for key bindings and other extensions. What comes in was written by others. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject, type JsonObject } from '../../base/json';
import type { ToolCallMode } from '../../llm/toolCallMode';
import type { ServerSelection, TaskRequest } from '../../tasks/types';
import type { TaskLimits } from '../settings/settings';

/** How many servers a run command is about. */
export type RunKind = 'one' | 'several' | 'all';

/** `any`: the servers, all of them, or none; none where nothing is said. */
type ArgumentKind = RunKind | 'any';

const FIELDS: Readonly<Record<ArgumentKind, readonly string[]>> = {
  one: ['server'],
  several: ['servers'],
  all: [],
  any: ['servers'],
};
const COMMON_FIELDS = ['task', 'model', 'maxRounds', 'maxTokens', 'timeoutSeconds'];

/** What the arguments leave open. */
export interface RunDefaults extends TaskLimits {
  readonly model: string | undefined;
  readonly toolCalls: ToolCallMode;
}

/** @throws ConfigurationError `usage` that names the argument and what it must be */
export function parseRunArguments(kind: ArgumentKind, raw: unknown, defaults: () => RunDefaults): TaskRequest {
  const known = [...FIELDS[kind], ...COMMON_FIELDS];
  if (!isJsonObject(raw)) throw wrong(l10n.t('The arguments must be one object with {0}.', listed(known)));
  const unknown = Object.keys(raw).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw wrong(l10n.t('The argument "{0}" is not known here. Known are {1}.', unknown, listed(known)));
  const task = text(raw, 'task');
  if (task === undefined) throw wrong(l10n.t('The argument "task" is missing: a text that says what to do.'));
  const servers = selection(kind, raw);
  const { model, maxRounds, maxTokens, timeoutMs, toolCalls } = defaults();
  const seconds = number(raw, 'timeoutSeconds', 0, false);
  return {
    task,
    servers,
    model: text(raw, 'model') ?? model,
    toolCalls,
    maxRounds: number(raw, 'maxRounds', 1, true) ?? maxRounds,
    maxTokens: number(raw, 'maxTokens', 1, true) ?? maxTokens,
    timeoutMs: seconds === undefined ? timeoutMs : seconds * 1000,
  };
}

function selection(kind: ArgumentKind, raw: JsonObject): ServerSelection {
  const said = raw['servers'] ?? 'none';
  if (kind === 'all' || (kind === 'any' && said === 'all')) return { kind: 'all' };
  if (kind === 'any' && said === 'none') return { kind: 'none' };
  if (kind === 'one') {
    const name = text(raw, 'server');
    if (name === undefined) throw wrong(l10n.t('The argument "server" is missing: the name of one MCP server.'));
    return { kind: 'named', names: [name] };
  }
  const names = raw['servers'];
  const isList = Array.isArray(names) && names.length > 0;
  if (!isList || !names.every((name) => typeof name === 'string' && name.trim() !== '')) {
    throw wrong(l10n.t('The argument "servers" must be a list of at least one name of an MCP server.'));
  }
  return { kind: 'named', names: names.map(String) };
}

function text(raw: JsonObject, key: string): string | undefined {
  const value = raw[key];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.trim() === '')
    throw wrong(l10n.t('The argument "{0}" must be a text that is not empty.', key));
  return value;
}

function number(raw: JsonObject, key: string, minimum: number, isWhole: boolean): number | undefined {
  const value = raw[key];
  if (value === undefined) return undefined;
  const fits =
    typeof value === 'number' && (isWhole ? Number.isSafeInteger(value) : value > 0 && Number.isFinite(value));
  if (fits && value >= minimum) return value;
  throw wrong(
    isWhole
      ? l10n.t('The argument "{0}" must be a whole number of at least {1}.', key, minimum)
      : l10n.t('The argument "{0}" must be a number above 0.', key),
  );
}

function listed(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ');
}

function wrong(message: string): ConfigurationError {
  return new ConfigurationError('usage', message, { hint: l10n.t('Correct the arguments of the command.') });
}

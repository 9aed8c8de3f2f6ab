/** A task file, or a task of `tasks.json`, as what is run: a repository can write both, so they only narrow what the person allows. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../base/errors';
import { lowerLimits, type RunLimits } from './lowerLimits';
import type { TaskFile } from './taskFile';
import { INPUT_REFERENCE } from './taskFileParts';
import type { TaskRequest } from './types';

/** What the person's settings say. */
export type RunSettings = Pick<TaskRequest, 'model' | 'toolCalls'> & RunLimits;

/** All that a task file can say, with its inputs filled in. */
export type PlannedTask = Omit<TaskFile, 'inputs'>;

export function requestOf(
  { text, servers, model, tools, limits, approval }: PlannedTask,
  person: RunSettings,
): TaskRequest {
  return {
    task: text,
    servers,
    model: model ?? person.model,
    ...(tools.length > 0 ? { tools } : {}),
    toolCalls: person.toolCalls,
    ...lowerLimits(
      {
        maxRounds: limits.rounds,
        maxTokens: limits.tokens,
        timeoutMs: limits.minutes === undefined ? undefined : limits.minutes * 60_000,
      },
      person,
    ),
    ...(approval === undefined ? {} : { approval }),
  };
}

/** @throws ConfigurationError `usage` where a value is missing, or given for an input that is none */
export function fillInputs({ inputs, ...file }: TaskFile, values: Readonly<Record<string, string>>): PlannedTask {
  const stray = Object.keys(values).find((name) => !inputs.some((input) => input.name === name));
  if (stray !== undefined) {
    const names = inputs.map(({ name }) => `"${name}"`).join(', ');
    throw new ConfigurationError('usage', l10n.t('The task file has no input "{0}".', stray), {
      hint: names === '' ? l10n.t('It has none at all.') : l10n.t('It has {0}.', names),
    });
  }
  const valueOf = (name: string): string => {
    const value = Object.hasOwn(values, name) ? values[name] : inputs.find((input) => input.name === name)?.default;
    if (value !== undefined) return value;
    throw new ConfigurationError('usage', l10n.t('The input "{0}" of the task file has no value.', name), {
      hint: l10n.t('Give it one under "inputs", or a default in the task file.'),
    });
  };
  return { ...file, text: file.text.replace(INPUT_REFERENCE, (_reference, name: string) => valueOf(name)) };
}

/** VS Code's own tools, those of other extensions among them, for tasks: none but those that the person allows. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ToolOutcome } from '../../agent/types';
import { onAbort, raceAbort, throwIfAborted } from '../../base/abort';
import { errorMessage } from '../../base/errors';
import { isJsonObject, type JsonObject } from '../../base/json';
import type { HostTools } from '../../tasks/hostTools';
import { visibleText } from '../../base/visibleText';
import type { Dialogs } from '../dialogs';
import { readLmContent } from './lmToolContent';
import { allowedNames, listAfter, usableNames } from './lmToolList';
import { withoutIcons } from '../markup';
import { readVscodeTools } from '../settings/settings';
import { shortText } from '../shortText';
import { writeSetting } from '../typed';

/** What VS Code's own tools throw that need the chat from which they are called; a task has none. */
const NEEDS_CHAT = /toolInvocationToken|invocation context|chat (session|request|model|context)|editing session/i;

/** The allowed ones that are there now, for one task; undefined: none. */
export function lmToolsForTask(): HostTools | undefined {
  const { tools } = vscode.lm;
  const allowed = new Set(
    allowedNames(
      readVscodeTools(),
      tools.map(({ name }) => name),
    ),
  );
  if (allowed.size === 0) return undefined;
  return {
    name: 'VS Code',
    tools: tools
      .filter(({ name }) => allowed.has(name))
      .map(({ name, description, inputSchema }) => ({ name, description, inputSchema: schemaOf(inputSchema) })),
    call: callLmTool,
  };
}

/** Shows all tools, the allowed ones ticked, and keeps what the person ticks. */
export async function chooseLmTools(dialogs: Dialogs): Promise<void> {
  const list = readVscodeTools();
  const { tools } = vscode.lm;
  const shown = [...usableNames(tools.map(({ name }) => name))].sort();
  if (shown.length === 0) {
    void dialogs.notify('info', l10n.t('VS Code has no tools that tasks could use.'));
    return;
  }
  const allowed = allowedNames(list, shown);
  const choices = shown.map((name) => ({
    name,
    label: withoutIcons(visibleText(name)),
    detail: withoutIcons(shortText(tools.find((tool) => tool.name === name)?.description ?? '', 200)),
    isPicked: allowed.includes(name),
  }));
  const options = {
    title: l10n.t("VS Code's Own Tools in Tasks"),
    placeholder: l10n.t('Which may tasks use? Each call still asks you, and VS Code may ask again'),
  };
  const chosen = await dialogs.pickMany(choices, options);
  if (!chosen) return;
  const names = chosen.map(({ name }) => name);
  await writeSetting('tools.vscode', listAfter(list, shown, names));
  const text =
    names.length === 0
      ? l10n.t("Tasks use none of VS Code's tools.")
      : names.length === 1
        ? l10n.t('Tasks may use one tool of VS Code from their next start on.')
        : l10n.t('Tasks may use {0} tools of VS Code from their next start on.', names.length);
  void dialogs.notify('info', text);
}

async function callLmTool(name: string, input: JsonObject, signal: AbortSignal): Promise<ToolOutcome> {
  throwIfAborted(signal);
  const ending = new vscode.CancellationTokenSource();
  const listening = onAbort(signal, () => ending.cancel());
  try {
    const calling = vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, ending.token);
    // A tool need not heed its token.
    const { content } = await raceAbort(Promise.resolve(calling), signal);
    return readLmContent(content);
  } catch (error) {
    throwIfAborted(signal);
    return toFailure(error);
  } finally {
    listening.dispose();
    ending.dispose();
  }
}

function toFailure(error: unknown): ToolOutcome {
  const message = errorMessage(error);
  if (error instanceof vscode.CancellationError || message === 'Canceled') {
    const text = "The call was stopped in VS Code: it asks before some of its tools, and the person's answer was no.";
    return { isError: true, code: 'approval-denied', text };
  }
  const text = NEEDS_CHAT.test(message)
    ? `This tool works only within a chat of VS Code, which a task is not. Use another tool. (${message})`
    : message;
  return { isError: true, code: 'tool-failed', text };
}

/** Other extensions write it, so it can be anything. A tool without a schema takes no arguments. */
function schemaOf(schema: object | undefined): JsonObject {
  return isJsonObject(schema) ? schema : { type: 'object', properties: {} };
}

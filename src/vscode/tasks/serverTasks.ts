/** Tasks that begin with something a server offers: a prompt that becomes the task, or resources that go along with it. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { isJsonObject } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import { type PromptTask, taskOfPrompt } from '../../tasks/promptTask';
import type { AttachedResource, RunEnd } from '../../tasks/types';
import { askArguments, pickPrompt } from '../servers/promptPicks';
import { pickResources } from '../servers/resourcePicks';
import { askForModel, askForTask, readDefaults, requireTrust, startTask } from './runTask';
import { type SessionNeeds, withServer } from '../servers/serverSession';
import { shortText } from '../shortText';

export interface ServerTaskNeeds extends SessionNeeds {
  readonly showDocument: (name: string, text: string) => Promise<void>;
}

const PROMPT_TITLE = l10n.t('Run Task from MCP Prompt');
const RESOURCE_TITLE = l10n.t('Run Task with MCP Resources');

/** Beyond this a dialog cannot be read any more, and the whole text opens as a document instead. */
const MAX_SHOWN = 3000;

export const PREVIEW_BUTTONS = { run: l10n.t('Run'), all: l10n.t('Show all…'), cancel: l10n.t('Cancel') } as const;

/**
 * Asks for server, prompt and arguments, shows the text, and runs it. `raw` may name a `server` and a `prompt`.
 * Undefined where the person closed a question.
 */
export async function runPrompt(raw: unknown, needs: ServerTaskNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const { dialogs } = needs;
  const wanted = namesIn(raw);
  const chosen = await withServer(PROMPT_TITLE, wanted['server'], needs, async (connection, signal) => {
    const { prompts } = connection.offer;
    const server = connection.server.name;
    if (prompts.length === 0) throw nothing(server, l10n.t('prompts'));
    const named = prompts.find(({ name }) => name === wanted['prompt']);
    const prompt = named ?? (await pickPrompt(prompts, dialogs, PROMPT_TITLE));
    if (!prompt) return undefined;
    const of = { kind: 'prompt', name: prompt.name } as const;
    const args = await askArguments(of, prompt.arguments, connection, dialogs, signal);
    if (!args) return undefined;
    return { server, name: prompt.name, task: taskOfPrompt(await connection.getPrompt(prompt.name, args, signal)) };
  });
  if (!chosen || !(await mayRun(chosen.server, chosen.name, chosen.task, needs))) return undefined;
  return begin(chosen.task.text, chosen.server, undefined, needs);
}

/** Asks for server, resources and task. `raw` may name a `server` and a `uri`. Undefined where a question was closed. */
export async function runWithResources(raw: unknown, needs: ServerTaskNeeds): Promise<RunEnd | undefined> {
  requireTrust();
  const wanted = namesIn(raw);
  const chosen = await withServer(RESOURCE_TITLE, wanted['server'], needs, async (connection, signal) => {
    const { resources, templates } = connection.offer;
    const server = connection.server.name;
    if (resources.length + templates.length === 0) throw nothing(server, l10n.t('resources'));
    const { uri } = wanted;
    const uris = uri === undefined ? await pickResources(connection, needs.dialogs, RESOURCE_TITLE, signal) : [uri];
    return uris && { server, resources: uris.map((address) => ({ server, uri: address })) };
  });
  if (!chosen) return undefined;
  const task = await askForTask(RESOURCE_TITLE, undefined, needs);
  return task === undefined ? undefined : begin(task, chosen.server, chosen.resources, needs);
}

async function begin(
  task: string,
  server: string,
  resources: readonly AttachedResource[] | undefined,
  needs: ServerTaskNeeds,
): Promise<RunEnd | undefined> {
  const defaults = readDefaults();
  const snapshot = await needs.connections.find(defaults.model).server.connection.refresh();
  if (snapshot.health.kind === 'offline') throw snapshot.health.error;
  const model = await askForModel(defaults.model, needs);
  if (!model) return undefined;
  return startTask(
    { ...defaults, task, servers: { kind: 'named', names: [server] }, model: model.key, resources },
    needs,
  );
}

/** The server wrote the text, so the person sees it before it becomes an order. */
async function mayRun(
  server: string,
  name: string,
  { text, hasAnswers, missingImages }: PromptTask,
  { dialogs, showDocument }: ServerTaskNeeds,
): Promise<boolean> {
  const { run, all, cancel } = PREVIEW_BUTTONS;
  const shown = visibleText(text);
  const isCut = shown.length > MAX_SHOWN;
  const message = l10n.t(
    'Run the prompt "{0}" of MCP server "{1}" as a task?',
    shortText(name, 100),
    shortText(server, 100),
  );
  const { signal } = new AbortController();
  const detail = [
    l10n.t('The server wrote this text. The model takes it for your task.'),
    ...(hasAnswers
      ? [l10n.t('It holds words that the server wrote for the model; they are marked with [assistant].')]
      : []),
    ...(missingImages > 0 ? [l10n.t('It names {0} images, which the model does not get.', missingImages)] : []),
    isCut ? `${shown.slice(0, MAX_SHOWN)}…` : shown,
  ].join('\n\n');
  const buttons = isCut ? [all, run] : [run];
  const answer = await dialogs.ask({ message, detail, buttons, closing: cancel }, signal);
  if (answer !== all) return answer === run;
  await showDocument(`${name}.md`, shown);
  // Not modal, so that the document can be read meanwhile.
  const options = { title: message, placeholder: l10n.t('The whole text stands in the editor.') };
  return (await dialogs.pickOne([{ label: run }, { label: cancel }], options))?.label === run;
}

/** What a view or a key binding names beforehand. Others wrote it. */
function namesIn(raw: unknown): Readonly<Record<string, string | undefined>> {
  if (!isJsonObject(raw)) return {};
  return Object.fromEntries(
    Object.entries(raw).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function nothing(server: string, what: string): ConfigurationError {
  return new ConfigurationError('usage', l10n.t('MCP server "{0}" offers no {1}.', server, what), {
    hint: l10n.t('Choose another server.'),
  });
}

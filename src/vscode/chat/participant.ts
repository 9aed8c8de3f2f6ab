/** `@lmstudio` in VS Code's chat. Loaded with the first message to it. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import type { Logger } from '../../base/logger';
import { toSignal } from '../abort';
import { HelpfulError, sentence } from '../failures';
import type { CommandId } from '../ids';
import { placeOfModel } from '../models/serverList';
import type { TaskResult } from '../tasks/tasks';

import { readDefaults, requireTrust } from '../tasks/runTask';
import { readAttachments } from './attachments';
import { listModels } from './chatModelList';
import { tellHealth } from './chatHealth';
import { code } from './chatMarkdown';
import { type ChatTurn, promptNaming, serversIn, taskOfPrompt } from './chatPrompt';
import { helpCommandFor } from './chatHelp';
import { followTask } from './followedTask';
import { CHAT_VENDOR, type ChatCommand, PARTICIPANT } from './participantIds';
import { TaskStream } from './taskStream';
import type { ChatNeeds } from './chatNeeds';

export type ChatRequest = Pick<vscode.ChatRequest, 'prompt' | 'command' | 'references' | 'toolReferences'> & {
  readonly model?: Pick<vscode.LanguageModelChat, 'vendor' | 'id'>;
};
type Context = Pick<vscode.ChatContext, 'history'>;
type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'progress' | 'button'>;

/** What an answer leaves for the follow-ups and for the next task. */
export interface ChatMetadata {
  readonly command: ChatCommand;
  /** Of a task; `refused`: none was begun. */
  readonly status?: string;
  readonly answer?: string;
  /** That the person named for the task. Absent or empty: none was, and it had them all. */
  readonly servers?: readonly string[];
}

/** Never throws: what went wrong stands in the result, which the chat shows. */
export async function answerMessage(
  request: ChatRequest,
  context: Context,
  stream: Stream,
  needs: ChatNeeds & { readonly logger: Logger },
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const command: ChatCommand = request.command === 'models' || request.command === 'doctor' ? request.command : 'run';
  try {
    if (command === 'models') await listModels(stream, needs);
    else if (command === 'doctor') await tellHealth(stream, needs);
    else return await runInChat(request, context, stream, needs, token);
    return { metadata: { command } satisfies ChatMetadata };
  } catch (failure) {
    const error = toBridgeError(failure);
    needs.logger.log(error.code === 'internal' ? 'error' : 'info', `@lmstudio: ${error.message}`);
    if (error instanceof HelpfulError && error.code === 'usage' && !vscode.workspace.isTrusted) {
      stream.button({ command: 'workbench.trust.manage', title: l10n.t('Manage Workspace Trust') });
    } else offerHelp(stream, helpCommandFor(error.code, error.message));
    const metadata: ChatMetadata = { command, status: 'refused' };
    return { errorDetails: { message: sentence(error.message, error.hint) }, metadata };
  }
}

async function runInChat(
  request: ChatRequest,
  { history }: Context,
  stream: Stream,
  needs: ChatNeeds,
  token: vscode.CancellationToken,
): Promise<vscode.ChatResult> {
  const command = 'run' as const;
  if (request.prompt.trim() === '') {
    stream.markdown(l10n.t('Write what the model shall do, for example: `@lmstudio list the files in docs`.'));
    return { metadata: { command, status: 'refused' } satisfies ChatMetadata };
  }
  requireTrust();
  const found = await needs.servers.find();
  const known = found.servers.filter(({ disabled }) => !disabled).map(({ name }) => name);
  const ignored = request.toolReferences.map(({ name }) => name);
  const { servers, task: words, doubtful } = serversIn(request.prompt, known, ignored);
  const [doubt] = doubtful;
  if (doubt) {
    const meant = doubt.meant.map((name) => code(`#${name}`)).join(', ');
    stream.markdown(l10n.t('There is no MCP server {0}. Did you mean {1}? Nothing was run.', code(doubt.word), meant));
    return { metadata: { command, status: 'refused' } satisfies ChatMetadata };
  }
  const [gone] = goneServers(request.prompt, known, history);
  if (gone !== undefined) {
    stream.markdown(l10n.t('The MCP server {0} is not there any more. Nothing was run.', code(gone)));
    return { metadata: { command, status: 'refused' } satisfies ChatMetadata };
  }
  const { model } = request;
  const defaults = readDefaults();
  const task = {
    ...defaults,
    task: taskOfPrompt(words, turnsOf(history), await readAttachments(request.references)),
    // The model that is picked below the chat's input, where that is one of ours.
    model: model?.vendor === CHAT_VENDOR ? model.id : defaults.model,
    servers: servers.length > 0 ? ({ kind: 'named', names: servers } as const) : ({ kind: 'all' } as const),
  };
  const shown = new TaskStream(stream, placeOfModel(task.model).server);
  const hearer = { onEvent: shown.add.bind(shown), onStatus: shown.follow.bind(shown) };
  return resultOf(await followTask(needs.tasks, task, hearer, toSignal(token)), servers, stream);
}

/** Servers of earlier questions that this one names, too, and that are gone: without them it would run with all others. */
function goneServers(prompt: string, known: readonly string[], history: Context['history']): readonly string[] {
  const earlier = history.flatMap((turn) => {
    const isOurs = 'result' in turn && turn.participant === PARTICIPANT;
    return isOurs ? (readMetadata(turn.result.metadata)?.servers ?? []) : [];
  });
  const { servers } = serversIn(prompt, [...known, ...earlier]);
  return servers.filter((name) => !known.includes(name));
}

function resultOf({ end, error }: TaskResult, servers: readonly string[], stream: Stream): vscode.ChatResult {
  const metadata: ChatMetadata = {
    command: 'run',
    status: end.status,
    answer: end.text,
    ...(servers.length > 0 ? { servers } : {}),
  };
  if (end.status === 'completed' || end.status === 'cancelled') return { metadata };
  offerHelp(stream, helpCommandFor(end.code, error?.message));
  const reason = error
    ? sentence(error.message, error.hint)
    : l10n.t('The task ended without an answer ({0}).', end.code ?? end.status);
  return { metadata, errorDetails: { message: reason } };
}

function offerHelp(stream: Stream, help: { readonly command: CommandId; readonly title: string }): void {
  stream.button(help);
}

/** The questions to us, each with the answer that its task gave. */
function turnsOf(history: Context['history']): readonly ChatTurn[] {
  const turns: ChatTurn[] = [];
  for (const [index, turn] of history.entries()) {
    if (!('prompt' in turn) || turn.participant !== PARTICIPANT) continue;
    const next = history[index + 1];
    const metadata = next && 'result' in next ? readMetadata(next.result.metadata) : undefined;
    if (metadata?.command === 'run') turns.push({ question: turn.prompt, answer: metadata.answer ?? '' });
  }
  return turns;
}

function readMetadata(raw: unknown): Partial<ChatMetadata> | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  const { command, status, answer, servers }: Partial<Record<string, unknown>> = { ...raw };
  if (command !== 'run' && command !== 'models' && command !== 'doctor') return undefined;
  return {
    command,
    ...(typeof status === 'string' ? { status } : {}),
    ...(typeof answer === 'string' ? { answer } : {}),
    ...(isNames(servers) ? { servers } : {}),
  };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

/** What a person may well want next; a task that goes on has the servers that it had. */
export function followUps({ metadata }: Pick<vscode.ChatResult, 'metadata'>): vscode.ChatFollowup[] {
  const read = readMetadata(metadata);
  const models = { prompt: '', command: 'models', label: l10n.t('Which models are there?') };
  const doctor = { prompt: '', command: 'doctor', label: l10n.t('What is wrong?') };
  const run = (words: string, label: string): vscode.ChatFollowup[] => {
    const prompt = promptNaming(read?.servers ?? [], words);
    return prompt === undefined ? [] : [{ prompt, command: 'run', label }];
  };
  if (read?.command === 'models') return [doctor];
  if (read?.command === 'doctor') return [models];
  if (read?.status === 'completed')
    return run(l10n.t('Check what you have done, and correct what is wrong.'), l10n.t('Check the result'));
  return read?.status === 'limit' || read?.status === 'cancelled'
    ? run(l10n.t('Go on where you stopped.'), l10n.t('Go on'))
    : [doctor, models];
}

import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { ServerSelection, TaskRequest } from '../../tasks/types';
import type { Dialogs } from '../dialogs';
import type { Grant } from '../questions/grants';
import type { QuestionDesk } from '../questions/questionDesk';
import { shortText } from '../shortText';
import { visibleText } from '../../base/visibleText';
import { readRecords } from '../storedRecords';

const STORE_KEY = 'apiCallers';

/** A dialog cannot show more in a way that can be read. */
const MAX_TASK_CHARS = 3000;

/** An extension that runs tasks; undefined: it has not said which. */
export interface Caller {
  readonly id: string;
  /** In its own words. */
  readonly name: string;
}

interface AllowedCaller {
  readonly id: string;
  readonly name: string;
}

/** Which extensions may start tasks without a question: kept on this machine for this person, by the extension's id. */
export class CallerConsent {
  constructor(
    private readonly state: vscode.Memento,
    private readonly dialogs: Dialogs,
    private readonly desk: Pick<QuestionDesk, 'put'>,
  ) {}

  /** Asks unless it was allowed for always. Throws only the signal's reason. */
  async mayRun(caller: Caller | undefined, request: TaskRequest, signal: AbortSignal): Promise<boolean> {
    if (caller && this.#isAllowed(caller)) return true;
    const buttons = { run: l10n.t('Run'), always: l10n.t('Always Allow'), refuse: l10n.t("Don't Run") };
    const message = caller
      ? l10n.t('Let the extension "{0}" ({1}) run a task with LM Studio?', shortText(caller.name, 80), caller.id)
      : l10n.t('Let another extension run a task with LM Studio? It has not said which one it is.');
    const question = {
      message,
      detail: detailOf(request),
      // The person did not ask for this, so Enter must start nothing.
      buttons: caller ? [buttons.refuse, buttons.run, buttons.always] : [buttons.refuse, buttons.run],
      closing: buttons.refuse,
    };
    const answer = await this.desk.put<string>(
      {
        notice: message,
        settled: () => (caller && this.#isAllowed(caller) ? buttons.run : undefined),
        unanswered: () => buttons.refuse,
        show: (_more, ending) => this.dialogs.ask(question, ending),
      },
      signal,
    );
    if (caller && answer === buttons.always) await this.#save([...this.#allowed, caller]);
    return answer === buttons.run || (caller !== undefined && answer === buttons.always);
  }

  get grants(): readonly Grant[] {
    return this.#allowed.map(({ id, name }) => ({
      heading: l10n.t('Extensions that may run tasks'),
      label: shortText(name, 80),
      description: id,
      revoke: () => this.#save(this.#allowed.filter((known) => known.id !== id)),
    }));
  }

  #isAllowed({ id }: Caller): boolean {
    return this.#allowed.some((known) => known.id === id);
  }

  get #allowed(): readonly AllowedCaller[] {
    return readRecords(this.state, STORE_KEY, isAllowedCaller);
  }

  async #save(callers: readonly AllowedCaller[]): Promise<void> {
    await this.state.update(
      STORE_KEY,
      callers.map(({ id, name }) => ({ id, name })),
    );
  }
}

function detailOf({ task, model, servers }: TaskRequest): string {
  const whole = visibleText(task);
  return [
    whole.length > MAX_TASK_CHARS ? `${whole.slice(0, MAX_TASK_CHARS)}…` : whole,
    model === undefined ? l10n.t('Model: chosen automatically') : l10n.t('Model: {0}', shortText(model, 120)),
    serverWords(servers),
    l10n.t('You are still asked before MCP servers start and before tools are called, as for your own tasks.'),
  ].join('\n\n');
}

function serverWords(servers: ServerSelection): string {
  if (servers.kind === 'none') return l10n.t('MCP servers: none');
  if (servers.kind === 'all') return l10n.t('MCP servers: all that are enabled');
  return l10n.t('MCP servers: {0}', shortText(servers.names.join(', '), 500));
}

function isAllowedCaller(value: unknown): value is AllowedCaller {
  if (typeof value !== 'object' || value === null) return false;
  const { id, name } = value as Readonly<Record<string, unknown>>;
  return typeof id === 'string' && typeof name === 'string';
}

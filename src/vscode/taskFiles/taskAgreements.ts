/** Consent to run a task that is written down, before it runs without anybody's words: once for each wording of it. */
import type * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { visibleText } from '../../base/visibleText';
import type { Dialogs } from '../dialogs';
import { markupFree } from '../markup';
import type { Grant } from '../questions/grants';
import { LATER, type QuestionDesk } from '../questions/questionDesk';
import { beside } from '../questions/questionWords';
import { shortText } from '../shortText';
import { readRecords } from '../storedRecords';
import { planFingerprint, type TaskPlan } from './taskPlan';

const STORE_KEY = 'taskAgreements';
/** The oldest go where there are more. */
const MAX_RECORDS = 300;
/** Beyond this a dialog cannot be read any more: the preview has all of it. */
const MAX_SHOWN = 1500;

interface Agreement {
  readonly fingerprint: string;
  readonly name: string;
  readonly origin: string;
}

/** What the question shows of a plan. */
export interface PlanSummary {
  /** A line each. */
  readonly lines: readonly string[];
  /** The whole preview, as Markdown. */
  readonly preview: string;
}

export interface AgreementNeeds {
  /** Of the workspace, kept by VS Code where no repository can write. */
  readonly state: vscode.Memento;
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  readonly summarise: (plan: TaskPlan) => Promise<PlanSummary>;
  readonly showPreview: (plan: TaskPlan, preview: string) => Promise<void>;
}

export function agreementButtons() {
  return { run: l10n.t('Run'), preview: l10n.t('Preview…'), cancel: l10n.t("Don't Run") };
}

export class TaskAgreements {
  constructor(private readonly needs: AgreementNeeds) {}

  /**
   * Asks unless the person has agreed to this very task before. `wasCalled`: the person has just called for this task by
   * a command or a lens. Without it, it may have begun by itself, such as when the folder was opened.
   *
   * @throws the signal's reason
   */
  async agree(plan: TaskPlan, signal: AbortSignal, { wasCalled = false } = {}): Promise<boolean> {
    const fingerprint = planFingerprint(plan);
    const isSettled = (): boolean => this.#records.some((known) => known.fingerprint === fingerprint);
    if (isSettled()) return true;
    const summary = await this.needs.summarise(plan);
    const agreed = await this.needs.desk.put<boolean>(
      {
        notice: l10n.t('A task waits for you. {0}', questionOf(plan)),
        settled: () => (isSettled() ? true : undefined),
        unanswered: () => false,
        show: (_more, ending) => this.#ask(plan, summary, wasCalled, ending),
      },
      signal,
    );
    if (agreed && !isSettled()) await this.#save([...this.#records, { fingerprint, ...textsOf(plan) }]);
    return agreed;
  }

  get grants(): readonly Grant[] {
    return this.#records.map((record) => ({
      heading: l10n.t('Tasks of files that may run'),
      label: markupFree(record.name),
      description: markupFree(record.origin),
      revoke: () => this.#save(this.#records.filter((known) => known.fingerprint !== record.fingerprint)),
    }));
  }

  async #ask(
    plan: TaskPlan,
    { lines, preview }: PlanSummary,
    wasCalled: boolean,
    signal: AbortSignal,
  ): Promise<boolean | typeof LATER> {
    const { dialogs, showPreview } = this.needs;
    const { run, preview: look, cancel } = agreementButtons();
    const text = visibleText(plan.task.text);
    const isCut = text.length > MAX_SHOWN;
    const question = {
      message: questionOf(plan),
      detail: [
        l10n.t('It is written in {0}. You are asked once for each wording of it.', shortText(plan.origin, 200)),
        lines.join('\n'),
        isCut ? `${text.slice(0, MAX_SHOWN)}…` : text,
      ].join('\n\n'),
      // The first one is what Enter chooses: where nobody called for it or not everything is in view, it only looks.
      buttons: wasCalled && !isCut ? [run, look] : [look, run],
      closing: cancel,
    };
    const button = await dialogs.ask(question, signal);
    if (button !== look) return button === run;
    await showPreview(plan, preview);
    // Not modal, so that the document can be read meanwhile.
    const options = { title: question.message, placeholder: beside() };
    const chosen = await dialogs.pickOne([{ label: cancel }, { label: run }], options, signal);
    return chosen ? chosen.label === run : LATER;
  }

  get #records(): readonly Agreement[] {
    return readRecords(this.needs.state, STORE_KEY, isAgreement);
  }

  async #save(records: readonly Agreement[]): Promise<void> {
    await this.needs.state.update(STORE_KEY, records.slice(-MAX_RECORDS));
  }
}

function questionOf({ name }: TaskPlan): string {
  return l10n.t('Run the task "{0}"?', shortText(name, 100));
}

function textsOf({ name, origin }: TaskPlan) {
  return { name, origin };
}

function isAgreement(value: unknown): value is Agreement {
  if (typeof value !== 'object' || value === null) return false;
  const { fingerprint, name, origin } = value as Readonly<Record<string, unknown>>;
  return [fingerprint, name, origin].every((field) => typeof field === 'string');
}

/** A task of VS Code's own kind as it runs: a terminal that shows it, and ends with its exit code. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { onAbort } from '../../base/abort';
import { toBridgeError } from '../../base/errors';
import { parseDefinition } from '../../tasks/taskDefinition';
import { EXIT_CODES, EXIT_USAGE } from '../../tasks/exitCodes';
import { TaskConsole } from '../../tasks/taskConsole';
import type { TaskFile } from '../../tasks/taskFile';
import { fillInputs, requestOf } from '../../tasks/taskFileRequest';
import type { RunEnd } from '../../tasks/types';
import { cancelledByPerson } from '../abort';
import { readDefaults, requireTrust } from '../tasks/runTask';
import { askInputs, notAgreed, planOf, type TaskFileRunNeeds } from './runTaskFile';
import { BrokenTaskFile, readTaskFile, taskNameOf, toUri } from './taskFileSource';
import type { TaskPlan } from './taskPlan';

type Inputs = Readonly<Record<string, string>>;
type Asked = Awaited<ReturnType<typeof askInputs>>;

const CTRL_C = '\u0003';

export interface TerminalTask {
  /** As it stands in `tasks.json`, with its variables resolved. */
  readonly definition: unknown;
  readonly name: string;
  /** What its paths stand against. */
  readonly folder: vscode.Uri | undefined;
}

export class TaskTerminal implements vscode.Pseudoterminal {
  readonly #written = new vscode.EventEmitter<string>();
  readonly #closed = new vscode.EventEmitter<number>();
  readonly #ending = new AbortController();
  readonly #console = new TaskConsole((text) => this.#written.fire(text));

  readonly onDidWrite = this.#written.event;
  readonly onDidClose = this.#closed.event;

  constructor(
    private readonly task: TerminalTask,
    private readonly needs: TaskFileRunNeeds,
  ) {}

  open(): void {
    void this.#run().then((code) => {
      this.#closed.fire(code);
      this.#written.dispose();
      this.#closed.dispose();
    });
  }

  /** The person closed the terminal, or ended the task. */
  close(): void {
    this.#cancel();
  }

  handleInput(data: string): void {
    if (data.includes(CTRL_C)) this.#cancel();
  }

  #cancel(): void {
    this.#ending.abort(cancelledByPerson(l10n.t('Cancelled by you.')));
  }

  async #run(): Promise<number> {
    const { signal } = this.#ending;
    try {
      requireTrust();
      const plan = await this.#plan(signal);
      this.#console.writeLine(l10n.t('Task "{0}" of {1}', plan.name, plan.origin));
      if (!(await this.needs.agreements.agree(plan, signal))) throw notAgreed();
      const { status } = await this.#work(plan, signal);
      return EXIT_CODES[status];
    } catch (failure) {
      return this.#tell(failure);
    }
  }

  async #plan(signal: AbortSignal): Promise<TaskPlan> {
    const { definition, name, folder } = this.task;
    const parsed = parseDefinition(definition);
    if (parsed.kind === 'task') return { name, origin: 'tasks.json', task: parsed.task };
    const uri = toUri(parsed.path, folder);
    const file = await readTaskFile(uri);
    const defaults = file.inputs.flatMap(({ name: input, default: value }) =>
      value === undefined ? [] : [[input, value]],
    );
    const given = { ...(Object.fromEntries(defaults) as Record<string, string>), ...parsed.inputs };
    const isComplete = file.inputs.every(({ name: input }) => Object.hasOwn(given, input));
    const values = isComplete ? given : await this.#askInputs(uri, file, given, signal);
    return planOf(uri, fillInputs(file, values));
  }

  /** Nobody may be there: it waits like every other question of a task. */
  async #askInputs(uri: vscode.Uri, file: TaskFile, given: Inputs, signal: AbortSignal): Promise<Inputs> {
    const { desk, dialogs } = this.needs;
    const name = taskNameOf(uri);
    const asked = await desk.put<Asked>(
      {
        notice: l10n.t('A task waits for you. "{0}" needs values that you give.', name),
        unanswered: () => undefined,
        show: (_more, ending) => askInputs(file, name, given, dialogs, ending),
      },
      signal,
    );
    if (!asked) throw notAgreed();
    return asked.values;
  }

  /** By the same way as every other task: consent to its servers, approval of its calls. */
  async #work({ task }: TaskPlan, signal: AbortSignal): Promise<RunEnd> {
    const { tasks } = this.needs;
    let own: number | undefined;
    const following = tasks.onDidReport(({ id, event }) => {
      if (id === own) this.#console.add(event);
    });
    let cancelling: { dispose(): void } | undefined;
    const onStart = (id: number): void => {
      own = id;
      cancelling = onAbort(signal, () => tasks.cancel(id));
    };
    try {
      const request = requestOf(task, readDefaults());
      const { end } = await tasks.run(request, onStart, undefined, { isShownElsewhere: true });
      return end;
    } finally {
      following.dispose();
      cancelling?.dispose();
    }
  }

  #tell(failure: unknown): number {
    if (failure instanceof BrokenTaskFile) for (const line of failure.lines) this.#console.writeLine(line);
    const { code, message, hint } = toBridgeError(failure);
    this.#console.writeLine(message);
    if (hint !== undefined) this.#console.writeLine(hint);
    if (code === 'cancelled') return EXIT_CODES.cancelled;
    return code === 'usage' || code === 'mcp-config' ? EXIT_USAGE : EXIT_CODES.failed;
  }
}

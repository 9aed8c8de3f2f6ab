import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import type { Disposable } from '../../base/disposable';
import { StatusBar } from './statusBar';
import type { ContextUse, StatusInput } from './statusInput';
import { isMoving, statusView, toServerState } from './statusText';
import type { TaskReport, Tasks } from '../tasks/tasks';
import type { TaskServerSource } from '../taskServer';
import type { QuestionDesk } from '../questions/questionDesk';
import { onDidChangeSetting } from '../typed';

export interface StatusNeeds {
  readonly taskServer: TaskServerSource;
  readonly tasks: Tasks;
  readonly desk: Pick<QuestionDesk, 'strays' | 'onDidChangeCount'>;
  readonly clock: Clock;
}

const TICK_MS = 1_000;

/**
 * Keeps the status bar right: it follows the server, the tasks, the chosen model and the trust. A timer runs only while
 * what is said changes by the second.
 */
export class StatusFollower implements Disposable {
  readonly bar = new StatusBar();
  readonly #contexts = new Map<number, ContextUse>();
  readonly #retrying = new Set<number>();
  readonly #listening: vscode.Disposable;
  #tick: Disposable | undefined;

  constructor(private readonly needs: StatusNeeds) {
    const { taskServer, tasks, desk } = needs;
    const update = (): void => this.update();
    this.#listening = vscode.Disposable.from(
      this.bar,
      ...taskServer.changes.map((onDidChange) => onDidChange(update)),
      tasks.onDidChange(update),
      desk.onDidChangeCount(update),
      tasks.onDidReport((report) => this.#follow(report)),
      onDidChangeSetting('model', update),
      vscode.workspace.onDidGrantWorkspaceTrust(update),
    );
    this.update();
  }

  /** Whether the timer runs; for tests. */
  get isTicking(): boolean {
    return this.#tick !== undefined;
  }

  update(): void {
    const input = this.#input();
    this.bar.show(statusView(input));
    this.#tick?.dispose();
    this.#tick = isMoving(input) ? this.needs.clock.after(TICK_MS, () => this.update()) : undefined;
  }

  dispose(): void {
    this.#tick?.dispose();
    this.#listening.dispose();
  }

  #input(): StatusInput {
    const { taskServer, tasks, desk, clock } = this.needs;
    const { connection, model } = taskServer.current();
    const { snapshot, loading, breaker } = connection;
    const { running } = tasks;
    this.#forget(new Set(running.map(({ id }) => id)));
    return {
      ...{ snapshot, loading, breaker, model, tasks: running, contexts: this.#contexts, retrying: this.#retrying },
      state: toServerState(snapshot, connection.isMisconfigured),
      strays: desk.strays,
      newsOf: taskServer.newsOf,
      now: clock.now(),
      isTrusted: vscode.workspace.isTrusted,
    };
  }

  /** Of the many events of a task only these say something that stands here; streamed text costs nothing. */
  #follow({ id, event }: TaskReport): void {
    switch (event.type) {
      case 'context':
        this.#contexts.set(id, event);
        break;
      case 'retry':
        this.#retrying.add(id);
        break;
      case 'text_delta':
      case 'reasoning_delta':
      case 'tool_call':
      case 'usage':
        if (!this.#retrying.delete(id)) return;
        break;
      default:
        return;
    }
    this.update();
  }

  #forget(running: ReadonlySet<number>): void {
    for (const id of this.#contexts.keys()) if (!running.has(id)) this.#contexts.delete(id);
    for (const id of this.#retrying) if (!running.has(id)) this.#retrying.delete(id);
  }
}

/** The first steps, the doctor and the self-test: everything of the editor's door that a newcomer, or a person in trouble, meets. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { CatalogSnapshot } from '../../llm/lmstudio/catalog';
import type { Dialogs } from '../dialogs';
import { offer } from '../failures';
import { COMMANDS, EXTENSION_ID, WALKTHROUGH } from '../ids';
import type { FitnessActions } from '../models/fitnessActions';
import { findTaskModel, isInMemory } from '../models/modelText';
import { withProgress } from '../progress';
import type { Tasks } from '../tasks/tasks';
import { executeCommand, onDidChangeSetting, setContext } from '../typed';
import type { GatherNeeds } from './doctorGather';
import { Milestones } from './milestones';
import { ReportDocuments } from './reportDocuments';
import { doesChatNeedSignIn } from './signInHint';
import { StepRounds } from './stepRounds';

export interface FirstRunNeeds extends GatherNeeds {
  readonly globalState: vscode.Memento;
  readonly tasks: Tasks;
  readonly fitness: FitnessActions;
  readonly dialogs: Dialogs;
}

/** What a test sees of it. */
export interface FirstRunHooks {
  /** As in a fresh profile, with the server as it is now. */
  startAnew(): Promise<void>;
  /** Of the walkthrough's steps, by the conditions that complete them. */
  conditions(): Readonly<Record<string, boolean>>;
}

export class FirstRun implements vscode.Disposable {
  readonly #documents = new ReportDocuments();
  readonly #milestones: Milestones;
  readonly #rounds: StepRounds;
  readonly #listening: vscode.Disposable;
  #isInstalled = false;
  #isModelReady = false;

  constructor(private readonly needs: FirstRunNeeds) {
    const { taskServer, globalState, mcp, store, tasks } = needs;
    this.#milestones = new Milestones(globalState);
    this.#rounds = new StepRounds(needs.clock);
    setContext('lmstudioBridge.chatNeedsSignIn', doesChatNeedSignIn(vscode.version));
    const follow = (): void => this.#followServer();
    this.#listening = vscode.Disposable.from(
      this.#documents,
      this.#rounds,
      ...taskServer.changes.map((onDidChange) => onDidChange(follow)),
      onDidChangeSetting('model', follow),
      store.onDidChange(() => this.#followTests()),
      mcp.onDidChange(() => this.#followServers()),
      tasks.onDidReport(({ event }) => {
        if (event.type === 'error') needs.notes.note(event.message);
        if (event.type === 'run_end' && event.status === 'completed') this.#milestones.reach('taskCompleted');
      }),
    );
    follow();
  }

  get hooks(): FirstRunHooks {
    return {
      startAnew: async () => {
        await this.#milestones.forget();
        this.#isInstalled = false;
        this.#followServer();
      },
      conditions: () => ({
        installed: this.#isInstalled,
        serverOnline: this.#snapshot.health.kind === 'online',
        modelReady: this.#isModelReady,
        mcpServerStarted: this.#milestones.has('mcpServerStarted'),
        taskCompleted: this.#milestones.has('taskCompleted'),
        selfTestDone: this.#milestones.has('selfTestDone'),
      }),
    };
  }

  async openWalkthrough(): Promise<void> {
    await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${EXTENSION_ID}#${WALKTHROUGH}`, false);
    this.#rounds.turn();
  }

  /** @throws BridgeError `cancelled` */
  async doctor(): Promise<void> {
    const { diagnose } = await import('./doctor');
    const title = l10n.t('LM Studio Doctor');
    const { report } = await withProgress(title, (tell, signal) => diagnose(this.needs, signal, tell));
    await this.#documents.show(report);
  }

  /** The report in front, else the last one; makes the doctor's where there is none. */
  async copyReport(): Promise<void> {
    if (!(await this.#documents.copy())) {
      await this.doctor();
      await this.#documents.copy();
    }
    offer(this.needs.dialogs, 'info', l10n.t('The report was copied. It names no token, password or other secret.'));
  }

  /** Of the model that tasks use. @throws BridgeError where nothing could be found out */
  async selfTest(): Promise<void> {
    const { taskServer, fitness } = this.needs;
    const { server, connection, model: wanted } = taskServer.current();
    const { health, models } = await connection.refresh();
    if (health.kind === 'offline') throw health.error;
    const [{ chooseModel }, { fitnessDocument }] = await Promise.all([
      import('../../llm/lmstudio/selection'),
      import('../../tasks/fitnessDocument'),
    ]);
    const { key } = chooseModel(models, wanted).model;
    const model = models.find((known) => known.key === key);
    if (!model) return;
    const tested = await fitness.testModel({ server, model });
    if (!tested) return;
    const text = fitnessDocument(tested, connection.snapshot.root);
    await this.#documents.show({ name: l10n.t('LM Studio Self-Test'), text, actions: [], again: COMMANDS.selfTest });
  }

  dispose(): void {
    this.#listening.dispose();
  }

  get #snapshot(): CatalogSnapshot {
    return this.needs.taskServer.current().connection.snapshot;
  }

  #followServer(): void {
    const { health, models } = this.#snapshot;
    const { model: chosen } = this.needs.taskServer.current();
    const isThere = findTaskModel(models, chosen) !== undefined;
    const chat = models.filter(({ kind }) => kind === 'chat');
    const isReady = health.kind === 'online' && isThere && (chosen !== undefined || chat.some(isInMemory));
    if (isReady !== this.#isModelReady) setContext('lmstudioBridge.modelReady', isReady);
    this.#isModelReady = isReady;
    if (health.kind === 'unknown') return;
    const isFound = health.kind === 'online' || health.error.code === 'auth-required';
    if (isFound) {
      this.#milestones.reach('serverFound');
      this.#showInstalled();
    } else {
      void this.#lookForProgram();
      this.#offerOnce(health.error.code === 'server-unreachable');
    }
  }

  /** In a fresh profile only, where no server was ever found; never twice. */
  #offerOnce(isNobodyThere: boolean): void {
    const { taskServer, dialogs } = this.needs;
    const { isMisconfigured } = taskServer.current().connection;
    if (!isNobodyThere || isMisconfigured || this.#milestones.has('serverFound')) return;
    if (!this.#milestones.reach('offered')) return;
    const message = l10n.t('LM Studio does not answer yet. The first steps show how to get it and run a task with it.');
    const help = { label: l10n.t('Show First Steps'), run: () => executeCommand(COMMANDS.openWalkthrough) };
    offer(dialogs, 'info', message, help);
  }

  async #lookForProgram(): Promise<void> {
    if (this.#isInstalled) return;
    const [{ lmStudioHome }, { stat }] = await Promise.all([
      import('../../llm/lmstudio/discovery'),
      import('node:fs/promises'),
    ]);
    const isThere = await stat(await lmStudioHome()).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) this.#showInstalled();
  }

  #showInstalled(): void {
    if (!this.#isInstalled) setContext('lmstudioBridge.installed', true);
    this.#isInstalled = true;
  }

  #followServers(): void {
    const milestone = 'mcpServerStarted';
    if (this.#milestones.has(milestone)) return;
    if (this.needs.mcp.entries.some(({ state }) => state.kind === 'ready')) this.#milestones.reach(milestone);
  }

  #followTests(): void {
    const { store } = this.needs;
    const { root, models } = this.#snapshot;
    // Whatever it found: one that was broken off is not kept.
    if (models.some((model) => store.of(root, model) !== undefined)) this.#milestones.reach('selfTestDone');
  }
}

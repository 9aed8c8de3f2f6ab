import * as vscode from 'vscode';
import type { Clock } from '../base/clock';
import { ConfigurationError, isBridgeError } from '../base/errors';
import type { CatalogModel } from '../llm/lmstudio/catalog';
import type { ModelInstance } from '../llm/lmstudio/model';
import { toSignal } from './abort';
import type { ServerConnection } from './connection';
import type { Choice, Dialogs } from './dialogs';
import { offer } from './failures';
import { pickModel, pickTaskModel } from './modelPicks';
import { describeInstance, findTaskModel, formatElapsed, formatTokens, isInMemory, type TaskModel } from './modelText';
import type { ModelNode } from './modelsTree';
import { readModel } from './settings';
import { writeSetting } from './typed';

/** What LM Studio itself offers first for agents: enough for tool results, small enough for most machines. */
const SUGGESTED_CONTEXT = 32_768;

/** What a person can do with a model, from its row or from the palette. */
export class ModelActions {
  constructor(
    private readonly connection: ServerConnection,
    private readonly dialogs: Dialogs,
    private readonly clock: Clock,
  ) {}

  get taskModel(): TaskModel | undefined {
    return findTaskModel(this.connection.snapshot.models, modelSetting());
  }

  async select(): Promise<void> {
    const models = await this.#models();
    const chosen = await pickTaskModel(models, this.taskModel, this.dialogs);
    if (chosen) await writeSetting('model', chosen === 'automatic' ? '' : chosen.key);
  }

  async useForTasks(node: unknown): Promise<void> {
    if (!isNode(node) || node.kind === 'embeddings') return this.select();
    if (node.model.kind === 'embedding') throw new ConfigurationError('usage', 'Tasks need a chat model.');
    await writeSetting('model', node.model.key);
  }

  async copyId(node: unknown): Promise<void> {
    if (!isNode(node) || node.kind === 'embeddings') return;
    await vscode.env.clipboard.writeText(node.kind === 'instance' ? node.instance.id : node.model.key);
  }

  async load(node: unknown): Promise<void> {
    const model = await this.#modelOf(node, 'Load Model', (candidate) => !isInMemory(candidate));
    if (model) await this.#load(model, undefined);
  }

  async loadWithContext(node: unknown): Promise<void> {
    const model = await this.#modelOf(node, 'Load Model with Context Length', (candidate) => !isInMemory(candidate));
    const contextLength = model && (await this.#askForContext(model));
    if (model && contextLength !== undefined) await this.#load(model, contextLength);
  }

  async unload(node: unknown): Promise<void> {
    const model = await this.#modelOf(node, 'Unload Model', isInMemory);
    if (!model) return;
    const given = isNode(node) && node.kind === 'instance' ? node.instance : undefined;
    const instance = given ?? (await this.#askForInstance(model));
    if (!instance) return;
    const options = {
      location: vscode.ProgressLocation.Notification,
      title: `Unloading ${instance.id}`,
      cancellable: true,
    };
    const { catalog } = await this.connection.get();
    await vscode.window.withProgress(options, (_progress, token) =>
      catalog.unload(model.key, instance.id, toSignal(token)),
    );
  }

  async #load(model: CatalogModel, contextLength: number | undefined): Promise<void> {
    if (isInMemory(model)) {
      offer(this.dialogs, 'info', `${model.displayName} is loaded already. Unload it first to load it in another way.`);
      return;
    }
    const { catalog } = await this.connection.get();
    const title = `Loading ${model.displayName}`;
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    const loaded = await vscode.window.withProgress(options, async (progress, token) => {
      const start = this.clock.now();
      // The server says nothing until the load is done: the time is all that can honestly be shown.
      const report = (): void => progress.report({ message: formatElapsed(this.clock.now() - start) });
      const timer = setInterval(report, 1000);
      try {
        return await catalog.load(model.key, contextLength === undefined ? {} : { contextLength }, toSignal(token));
      } catch (error) {
        if (!isBridgeError(error, 'cancelled')) throw error;
        return undefined;
      } finally {
        clearInterval(timer);
      }
    });
    if (!loaded) {
      offer(
        this.dialogs,
        'info',
        `No longer waiting for ${model.displayName}. LM Studio may go on and finish loading it.`,
      );
    } else if (contextLength !== undefined && loaded.contextLength !== null && loaded.contextLength !== contextLength) {
      const words = `asked for were ${contextLength} tokens`;
      offer(
        this.dialogs,
        'warning',
        `${model.displayName} was loaded with ${loaded.contextLength} tokens of context; ${words}.`,
      );
    }
  }

  async #askForContext({ displayName, maxContextLength }: CatalogModel): Promise<number | undefined> {
    const longest = maxContextLength ?? undefined;
    const text = await this.dialogs.input({
      title: 'Load Model with Context Length',
      prompt: `Tokens of context for ${displayName}${longest === undefined ? '' : `, at most ${longest} (${formatTokens(longest)})`}. More needs more memory.`,
      value: String(Math.min(SUGGESTED_CONTEXT, longest ?? SUGGESTED_CONTEXT)),
      validate: (value) => contextProblem(value, longest),
    });
    if (text === undefined || contextProblem(text, longest) !== undefined) return undefined;
    return Number(text);
  }

  async #askForInstance({ displayName, instances }: CatalogModel): Promise<ModelInstance | undefined> {
    const copies = instances ?? [];
    if (copies.length === 0) throw new ConfigurationError('usage', `${displayName} is not loaded.`);
    if (copies.length === 1) return copies[0];
    const choices = copies.map((instance): Choice & { instance: ModelInstance } => ({
      label: instance.id,
      description: describeInstance(instance),
      instance,
    }));
    const options = { title: 'Unload Model', placeholder: `Which copy of ${displayName}?` };
    return (await this.dialogs.pickOne(choices, options))?.instance;
  }

  /** The model of the row, or the one that a person picks. */
  async #modelOf(
    node: unknown,
    title: string,
    isFitting: (model: CatalogModel) => boolean,
  ): Promise<CatalogModel | undefined> {
    const models = await this.#models();
    if (isNode(node) && node.kind !== 'embeddings') {
      return models.find(({ key }) => key === node.model.key) ?? node.model;
    }
    const fitting = models.filter(isFitting);
    if (fitting.length === 0) throw new ConfigurationError('usage', `${title}: there is no model to choose.`);
    return pickModel(fitting, this.taskModel, this.dialogs, { title, placeholder: 'Which model?' });
  }

  /** @throws the reason why the server cannot be asked */
  async #models(): Promise<readonly CatalogModel[]> {
    const { health, models } = await this.connection.refresh();
    if (health.kind === 'offline') throw health.error;
    return models;
  }
}

/** A wrong setting is told where a task is run; the views go on without it. */
export function modelSetting(): string | undefined {
  try {
    return readModel();
  } catch {
    return undefined;
  }
}

function isNode(value: unknown): value is ModelNode {
  if (typeof value !== 'object' || value === null) return false;
  const kind: unknown = Reflect.get(value, 'kind');
  return kind === 'model' || kind === 'instance' || kind === 'embeddings';
}

function contextProblem(text: string, longest: number | undefined): string | undefined {
  const value = Number(text);
  const isNumber = /^\d+$/.test(text.trim()) && value >= 1;
  if (!isNumber || (longest !== undefined && value > longest)) {
    return longest === undefined ? 'Write a whole number of tokens.' : `Write a whole number from 1 to ${longest}.`;
  }
  return undefined;
}

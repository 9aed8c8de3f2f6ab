/** What the commands on models do. */
import * as l10n from '@vscode/l10n';
import type { BridgeError } from '../../base/errors';
import type { Command } from '../command';
import type { Dialogs } from '../dialogs';
import { offer, tellFailure } from '../failures';
import { COMMANDS, type CommandId } from '../ids';
import type { Output } from '../output';
import type { ServerConnections } from '../serverConnections';
import type { TextDocuments } from '../openDocument';
import { shortText } from '../shortText';
import { removeToken, setToken } from '../tokenActions';
import type { TokenStore } from '../tokens';
import { askForFilter, askForOrder } from './arrangementActions';
import type { FitnessActions } from './fitnessActions';
import type { LmsActions } from './lmsActions';
import type { ModelActions } from './modelActions';
import { isServerNode } from './modelNode';
import type { ModelsView } from './modelsView';
import { fullName, type ServedModel } from './servedModel';
import { useInChat } from './useInChat';

export interface ModelCommandNeeds {
  readonly connections: ServerConnections;
  readonly models: ModelActions;
  readonly modelsView: ModelsView;
  readonly fitness: FitnessActions;
  readonly lms: LmsActions;
  readonly tokens: TokenStore;
  readonly dialogs: Dialogs;
  readonly output: Output;
  readonly showDocument: TextDocuments['show'];
}

export function modelCommands(needs: ModelCommandNeeds) {
  const { models, fitness, lms } = needs;
  const refusal = (): BridgeError | undefined => withoutServer(needs.connections);
  return {
    [COMMANDS.selectModel]: { refusal, run: () => models.select() },
    [COMMANDS.loadModel]: { refusal, run: (node, selection) => models.load(node, selection) },
    [COMMANDS.loadModelWithOptions]: { refusal, run: (node) => models.loadWithOptions(node) },
    [COMMANDS.cancelLoad]: { run: (node, selection) => models.cancelLoad(node, selection) },
    [COMMANDS.unloadModel]: { refusal, run: (node, selection) => models.unload(node, selection) },
    [COMMANDS.unloadOwned]: { refusal, run: () => models.unloadOwned() },
    [COMMANDS.refreshBusyState]: { refusal, run: () => lms.refreshBusyState() },
    [COMMANDS.startServer]: { refusal, run: () => lms.startServer() },
    [COMMANDS.useForTasks]: { run: (node) => models.useForTasks(node) },
    [COMMANDS.testToolUse]: { refusal, run: (node) => fitness.test(node) },
    [COMMANDS.copyModelId]: { run: (node) => models.copyId(node) },
    ...viewCommands(needs, refusal),
    ...connectionCommands(needs, refusal),
  } satisfies Partial<Record<CommandId, Command>>;
}

function viewCommands(
  { models, modelsView, dialogs, output, showDocument }: ModelCommandNeeds,
  refusal: Command['refusal'],
) {
  const { arrangement } = modelsView;
  return {
    [COMMANDS.filterModels]: { run: () => askForFilter(arrangement, dialogs) },
    [COMMANDS.clearModelFilter]: { run: () => arrangement.clear() },
    [COMMANDS.sortModels]: { run: () => askForOrder(arrangement, dialogs) },
    [COMMANDS.useInChat]: {
      refusal,
      run: async (node: unknown) => {
        const served = await models.chooseChat(node, l10n.t('Use Model in Chat'));
        if (served) await useInChat(served, dialogs, output.logger);
      },
    },
    [COMMANDS.showModel]: {
      refusal,
      run: async (node: unknown) => {
        const served = await models.choose(node, l10n.t('Show Model Details'));
        if (served) await showDocument(titleOf(served), modelsView.detailsOf(served), fullName(served));
      },
    },
  } satisfies Partial<Record<CommandId, Command>>;
}

/** Of the document about a model: a slash would leave only what stands behind it. */
function titleOf({ model }: ServedModel): string {
  return shortText(model.displayName, 80).replace(/[/\\]/g, '-');
}

function connectionCommands({ connections, models, tokens, dialogs }: ModelCommandNeeds, refusal: Command['refusal']) {
  return {
    [COMMANDS.refreshModels]: {
      run: (node: unknown) =>
        isServerNode(node)
          ? connections.named(node.server)?.connection.reconnect()
          : refreshAndTell(connections, dialogs),
    },
    // The rows of the view say what came of it.
    [COMMANDS.refreshModelsView]: { run: () => connections.reconnect() },
    [COMMANDS.setToken]: {
      refusal,
      run: async (node: unknown) => {
        const server = await models.chooseServer(node, l10n.t('Set API Token'));
        if (server) await setToken(server.connection, tokens, dialogs);
      },
    },
    [COMMANDS.removeToken]: {
      refusal,
      run: async (node: unknown) => {
        const server = await models.chooseServer(node, l10n.t('Remove API Token'));
        if (server) await removeToken(server.connection, tokens, dialogs);
      },
    },
  } satisfies Partial<Record<CommandId, Command>>;
}

/** Asks every server, and says what came of it: who asks need not see the view. */
async function refreshAndTell(connections: ServerConnections, dialogs: Dialogs): Promise<void> {
  await connections.reconnect();
  const snapshots = connections.all.map(({ connection }) => connection.snapshot);
  const failures = snapshots.flatMap(({ health }) => (health.kind === 'offline' ? [health.error] : []));
  for (const failure of failures) tellFailure(failure, dialogs);
  if (failures.length > 0) return;
  const models = snapshots.flatMap((snapshot) => snapshot.models).length;
  offer(dialogs, 'info', reachableWords(snapshots.length, models));
}

function reachableWords(servers: number, models: number): string {
  if (servers > 1) return l10n.t('All {0} model servers answer. Models: {1}.', servers, models);
  return models === 1
    ? l10n.t('LM Studio answers. It has 1 model.')
    : l10n.t('LM Studio answers. It has {0} models.', models);
}

/** A server that has no answer yet is asked by the command itself; here only what no server could change. */
function withoutServer({ all, main }: ServerConnections): BridgeError | undefined {
  const { health } = main.connection.snapshot;
  return all.length === 1 && main.connection.isMisconfigured && health.kind === 'offline' ? health.error : undefined;
}

/** Everything about model servers that needs no task: wired by hand, for the composition root. */
import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import type { ModelLanes } from '../../tasks/modelLanes';
import { ServerConnection } from '../connection';
import type { Dialogs } from '../dialogs';
import type { Output } from '../output';
import { ServerConnections } from '../serverConnections';
import { readServerList } from '../settings/settings';
import type { TokenStore } from '../tokens';
import { FitnessActions, type FitnessNeeds } from './fitnessActions';
import { FitnessStore } from './fitnessStore';
import { LastUsed } from './lastUsed';
import { ListedModels } from './listedModels';
import { LmsActions } from './lmsActions';
import { ModelActions } from './modelActions';
import { ModelLoads } from './modelLoads';
import type { SpeedStore } from './speedStore';

export interface ModelHouseNeeds {
  readonly globalState: vscode.Memento;
  readonly tokens: TokenStore;
  readonly speeds: SpeedStore;
  readonly dialogs: Dialogs;
  readonly output: Output;
  readonly lanes: ModelLanes;
  readonly clock: Clock;
  readonly version: string;
  readonly mayEvict: FitnessNeeds['mayEvict'];
}

/** `own` keeps what is to be disposed with the window. */
export function openModelHouse(needs: ModelHouseNeeds, own: <T extends vscode.Disposable>(item: T) => T) {
  const { globalState, tokens, speeds, dialogs, output, clock } = needs;
  const connection = own(new ServerConnection(tokens, speeds, clock));
  const openOther = ({ url }: { readonly url: string }) => new ServerConnection(tokens, speeds, clock, () => url);
  const connections = own(new ServerConnections(connection, openOther, readServerList));
  const today = () => Date.now();
  const used = new LastUsed(globalState, today);
  const lms = new LmsActions(connection, dialogs, clock);
  const loads = new ModelLoads(dialogs, clock, ({ server, model }) => {
    const { root } = server.connection.snapshot;
    used.note(root, model.key).catch((error: unknown) => {
      output.logger.log('warn', l10n.t('When {0} was used last was not saved: {1}', model.key, String(error)));
    });
    lms.noteTimes(root).catch((error: unknown) => {
      output.logger.log('warn', l10n.t('How long {0} stays in memory is not known: {1}', model.key, String(error)));
    });
  });
  const store = own(new FitnessStore(globalState));
  const models = new ModelActions(connections, dialogs, loads, store, new ListedModels(connections, clock));
  const fitness = new FitnessActions({ ...needs, models, store });
  return { connection, connections, models, fitness, lms, loads, store, used, today };
}

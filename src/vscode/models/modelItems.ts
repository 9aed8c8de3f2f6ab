/** How the rows of the models view look. What they say is in modelText.ts and modelRows.ts. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ModelActivity } from '../../llm/lmstudio/activity';
import type { CatalogModel } from '../../llm/lmstudio/catalog';
import type { ModelInstance } from '../../llm/lmstudio/model';
import type { ServerState } from '../ids';
import { shortText } from '../shortText';
import {
  type GroupRows,
  groupId,
  type ModelGroup,
  modelId,
  type ModelRow,
  serverId,
  type ServerRows,
} from './modelRows';
import { describeInstance, modelFacts, modelLabel } from './modelText';

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;
const AWAY_ICON = new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('disabledForeground'));

/** Where there are several servers, each is a row of its own. */
export function serverItem({ name, label, words, root, state, problem }: ServerRows): vscode.TreeItem {
  const item = new vscode.TreeItem(label, Expanded);
  const place = root.replace(/^https?:\/\//, '');
  item.id = serverId(name);
  item.description = [words, place].filter(Boolean).join(' · ');
  item.tooltip = [label, words, root, problem ?? ''].filter(Boolean).join('\n');
  item.iconPath = serverIcon(state);
  item.contextValue = `server.${state}`;
  item.accessibilityInformation = { label: l10n.t('Model server {0}, {1}, {2}', label, words, place) };
  return item;
}

/** Why a server has no models to show, or none that are sure. */
export function noteItem({ name, label, problem = '', state }: ServerRows): vscode.TreeItem {
  const item = new vscode.TreeItem(shortText(problem, 200), None);
  item.id = `note:${name ?? ''}`;
  item.tooltip = problem;
  item.iconPath = new vscode.ThemeIcon(state === 'online' || state === 'unknown' ? 'info' : 'warning');
  item.contextValue = `note.${state}`;
  item.accessibilityInformation = { label: l10n.t('Model server {0}: {1}', label, problem) };
  return item;
}

/** `where`: the name of its server, where there are several; so it is for all rows below. */
export function groupItem(server: ServerRows, { group, keys, total }: GroupRows, where?: string): vscode.TreeItem {
  const { label, meaning } = groupWords(group);
  const item = new vscode.TreeItem(label, group === 'embeddings' ? Collapsed : Expanded);
  const count = keys.length === total ? String(total) : l10n.t('{0} of {1}', keys.length, total);
  item.id = groupId(server.name, group);
  item.description = count;
  item.tooltip = meaning;
  item.contextValue = `group.${group}`;
  item.accessibilityInformation = { label: l10n.t('{0}, models: {1}. {2}', withPlace(label, where), count, meaning) };
  return item;
}

function groupWords(group: ModelGroup): { readonly label: string; readonly meaning: string } {
  switch (group) {
    case 'memory':
      return { label: l10n.t('In Memory'), meaning: l10n.t('Loaded, or on the way there: these answer at once.') };
    case 'chat':
      return { label: l10n.t('Chat'), meaning: l10n.t('Models for text.') };
    case 'vision':
      return { label: l10n.t('Vision'), meaning: l10n.t('Models for text that read images too.') };
    case 'embeddings':
      return {
        label: l10n.t('Embeddings'),
        meaning: l10n.t('Models that turn text into numbers. Tasks cannot use them as their model.'),
      };
  }
}

export function modelItem(server: ServerRows, row: ModelRow, where?: string): vscode.TreeItem {
  const { model, fitness, news, description, isOwnLoad } = row;
  const { taskModel, isAway, name } = server;
  const state = instancesOf(server, row).length > 0 ? Expanded : None;
  const item = new vscode.TreeItem(model.displayName, state);
  item.id = modelId(name, model.key);
  item.description = description;
  item.tooltip = modelFacts(model, taskModel, fitness, news);
  item.iconPath = isAway ? AWAY_ICON : activityIcon(shownActivity(row));
  item.contextValue = `${model.kind}.${isAway ? 'away' : isOwnLoad ? 'loading' : contextState(model.activity)}`;
  item.accessibilityInformation = { label: withPlace(modelLabel(model, taskModel, fitness, news), where) };
  return item;
}

/** The copies that have rows of their own: where there are several, and they are sure. */
export function instancesOf({ isAway }: ServerRows, { listed }: ModelRow): readonly ModelInstance[] {
  return !isAway && listed.instances && listed.instances.length > 1 ? listed.instances : [];
}

export function instanceItem(
  name: string | undefined,
  model: CatalogModel,
  instance: ModelInstance,
  where?: string,
): vscode.TreeItem {
  const item = new vscode.TreeItem(instance.id, None);
  item.id = `instance:${modelId(name, model.key)}:${instance.id}`;
  item.description = describeInstance(instance);
  item.tooltip = l10n.t(
    'Copy of {0} in memory\nId: {1}\n{2}',
    model.displayName,
    instance.id,
    describeInstance(instance),
  );
  item.iconPath = activityIcon('idle');
  item.contextValue = 'instance.loaded';
  item.accessibilityInformation = {
    label: withPlace(
      l10n.t('{0}, copy of {1}, {2}', instance.id, model.displayName, describeInstance(instance)),
      where,
    ),
  };
  return item;
}

function withPlace(label: string, where: string | undefined): string {
  return where === undefined ? label : l10n.t('{0}, on model server {1}', label, where);
}

/** What package.json's menus go by: `loaded`, `working`, `notLoaded`, `transit` (on its way into memory or out of it) or
 * `unknown`; `loading` where it can be cancelled, `away` where nothing can be done because the server does not answer. */
function contextState(activity: ModelActivity): string {
  switch (activity) {
    case 'idle':
      return 'loaded';
    case 'not-loaded':
      return 'notLoaded';
    case 'unknown':
      return 'unknown';
    case 'processing-prompt':
    case 'generating':
      return 'working';
    case 'loading':
    case 'cancelling':
    case 'unloading':
      return 'transit';
  }
}

type Shown = ModelActivity | 'queued';

/** As its words say it. */
function shownActivity({ model, news: { work } }: ModelRow): Shown {
  if (work?.doing === 'loading' && model.activity === 'not-loaded') return 'loading';
  return model.activity === 'idle' && work && work.queued > 0 ? 'queued' : model.activity;
}

function activityIcon(activity: Shown): vscode.ThemeIcon {
  switch (activity) {
    case 'idle':
      return new vscode.ThemeIcon('circle-filled', new vscode.ThemeColor('testing.iconPassed'));
    case 'queued':
      return new vscode.ThemeIcon('clock', new vscode.ThemeColor('testing.iconQueued'));
    case 'processing-prompt':
    case 'generating':
      return new vscode.ThemeIcon('sync~spin', new vscode.ThemeColor('testing.iconPassed'));
    case 'loading':
    case 'cancelling':
    case 'unloading':
      return new vscode.ThemeIcon('loading~spin');
    case 'not-loaded':
      return new vscode.ThemeIcon('circle-outline');
    case 'unknown':
      return new vscode.ThemeIcon('question');
  }
}

function serverIcon(state: ServerState): vscode.ThemeIcon {
  switch (state) {
    case 'online':
      return new vscode.ThemeIcon('server-environment', new vscode.ThemeColor('testing.iconPassed'));
    case 'unknown':
      return new vscode.ThemeIcon('loading~spin');
    case 'auth':
      return new vscode.ThemeIcon('key', new vscode.ThemeColor('list.warningForeground'));
    case 'offline':
      return AWAY_ICON;
    case 'wrong-server':
    case 'misconfigured':
      return new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));
  }
}

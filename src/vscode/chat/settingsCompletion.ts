/** Suggestions in the settings files: ids of the models of all servers, names of MCP servers and of VS Code's tools, as they are now. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { visibleText } from '../../base/visibleText';
import { SETTINGS_SECTION } from '../ids';
import { withoutIcons } from '../markup';
import { nameOfModel } from '../models/serverList';
import type { ServedConnection } from '../serverConnections';
import { readLoadSettings } from '../settings/settings';
import { shortText } from '../shortText';
import { chatModelInformation } from './chatModelInfo';
import type { ChatNeeds } from './chatNeeds';
import { usableNames } from './lmToolList';

type Needs = Pick<ChatNeeds, 'connections' | 'servers'>;

interface Suggestion {
  readonly value: string;
  readonly detail: string;
}

const FILES: vscode.DocumentSelector = [
  { pattern: '**/settings.json' },
  { pattern: '**/*.code-workspace' },
  // The settings of the person's profile, wherever they are kept.
  { scheme: 'vscode-userdata', pattern: '**/settings.json' },
];

/** What can stand in each place; the path is that of jsonc-parser, without what a workspace file has around it. */
const PLACES: readonly {
  readonly fits: (path: readonly (string | number)[]) => boolean;
  readonly suggest: (needs: Needs) => readonly Suggestion[] | Promise<readonly Suggestion[]>;
}[] = [
  { fits: ([key, ...rest]) => key === `${SETTINGS_SECTION}.model` && rest.length === 0, suggest: modelIds },
  { fits: ([key, ...rest]) => key === `${SETTINGS_SECTION}.approvals.deny` && rest.length === 1, suggest: serverNames },
  { fits: ([key, ...rest]) => key === `${SETTINGS_SECTION}.tools.vscode` && rest.length === 1, suggest: toolNames },
];

export function completeSettings(needs: Needs): vscode.Disposable {
  const provider: vscode.CompletionItemProvider = {
    provideCompletionItems: (document, position) => suggestAt(document, position, needs),
  };
  return vscode.languages.registerCompletionItemProvider(FILES, provider, '"');
}

async function suggestAt(
  document: vscode.TextDocument,
  position: vscode.Position,
  needs: Needs,
): Promise<vscode.CompletionItem[]> {
  const { getLocation } = await import('jsonc-parser');
  const { path, previousNode, isAtPropertyKey } = getLocation(document.getText(), document.offsetAt(position));
  if (isAtPropertyKey) return [];
  const inSettings = path[0] === 'settings' ? path.slice(1) : path;
  const place = PLACES.find(({ fits }) => fits(inSettings));
  if (!place) return [];
  const isString = previousNode?.type === 'string';
  const range = isString
    ? new vscode.Range(
        document.positionAt(previousNode.offset),
        document.positionAt(previousNode.offset + previousNode.length),
      )
    : new vscode.Range(position, position);
  return (await place.suggest(needs)).map(({ value, detail }, index) => {
    const item = new vscode.CompletionItem(withoutIcons(visibleText(value)), vscode.CompletionItemKind.Value);
    item.detail = detail;
    item.insertText = JSON.stringify(value);
    item.filterText = JSON.stringify(value);
    item.sortText = String(index).padStart(4, '0');
    item.range = range;
    return item;
  });
}

/** Of the last lists that the servers gave: to write a setting asks nobody. */
function modelIds({ connections }: Needs): readonly Suggestion[] {
  return connections.all.flatMap((server) => [anyModelOf(server), ...modelIdsOf(server)]);
}

function anyModelOf({ name }: ServedConnection): Suggestion {
  if (name === undefined) {
    return { value: '', detail: l10n.t('The model that is loaded, else the first that can use tools') };
  }
  const detail = l10n.t('The model that is loaded on the server {0}, else its first that can use tools', name);
  return { value: nameOfModel(name, 'default'), detail };
}

function modelIdsOf({ name: server, connection }: ServedConnection): readonly Suggestion[] {
  const { contextLength } = readLoadSettings();
  const { health, models } = connection.snapshot;
  return models
    .filter(({ kind }) => kind === 'chat')
    .map((model) => {
      const { id, name, detail } = chatModelInformation(model, contextLength, health.kind === 'offline', server);
      return { value: id, detail: `${name} · ${detail}` };
    });
}

async function serverNames({ servers }: Needs): Promise<readonly Suggestion[]> {
  if (!vscode.workspace.isTrusted) return [];
  const found = await servers.find();
  return found.servers.flatMap(({ name }) => [
    { value: name, detail: l10n.t('Every tool of this MCP server, and the server itself') },
    { value: `${name}/*`, detail: l10n.t('Every tool of this MCP server') },
  ]);
}

function toolNames(): readonly Suggestion[] {
  const { tools } = vscode.lm;
  return usableNames(tools.map(({ name }) => name)).map((value) => ({
    value,
    detail: shortText(tools.find(({ name }) => name === value)?.description ?? '', 120),
  }));
}

/** Completion in a task file: its keys, MCP servers, models with their state, and the inputs that it names. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { visibleText } from '../../base/visibleText';
import { formatOrigin } from '../../mcp/serverSpec';
import { APPROVAL_POLICIES } from '../../policy/approvalPolicy';
import { INPUT_KEYS, LIMIT_KEYS, TASK_FILE_KEYS, type TaskFileKey } from '../../tasks/taskFileKeys';
import { type PlaceInTaskFile, placeAt, type TaskFilePlace } from '../../tasks/taskFilePlaces';
import type { ServerConnections } from '../serverConnections';
import { withoutIcons } from '../markup';
import type { ModelActions } from '../models/modelActions';
import { fullName } from '../models/servedModel';
import { activityWords, describeModel, sortModels } from '../models/modelText';
import type { McpServers } from '../servers/mcpServers';
import { describeApproval, describeKey } from './keyTexts';

export interface CompletionNeeds {
  readonly connections: Pick<ServerConnections, 'all'>;
  readonly models: Pick<ModelActions, 'contextOf'>;
  readonly mcp: Pick<McpServers, 'entries'>;
}

/** Such a name needs no quotation marks in YAML. */
const PLAIN = /^[\p{L}_][\p{L}\p{N}_./@:+-]*$/u;

export class TaskFileCompletions implements vscode.CompletionItemProvider {
  constructor(private readonly needs: CompletionNeeds) {}

  async provideCompletionItems(
    document: vscode.TextDocument,
    { line, character }: vscode.Position,
  ): Promise<vscode.CompletionItem[]> {
    const text = document.getText();
    if (text.trim() === '') return [frame()];
    const found = placeAt(text, line, character);
    if (!found) return [];
    const range = new vscode.Range(line, found.start, line, found.end);
    const items = await this.#itemsOf(found, text);
    const before = document.lineAt(line).text.charAt(found.start - 1);
    const isQuoted = before === '"' || before === "'";
    return items.map((item) => {
      item.range = range;
      if (isQuoted && typeof item.label === 'string') item.insertText = item.filterText ?? item.label;
      return item;
    });
  }

  async #itemsOf({ place }: PlaceInTaskFile, text: string): Promise<vscode.CompletionItem[]> {
    switch (place.kind) {
      case 'key':
        return keys(place, text);
      case 'reference': {
        const { parseTaskFile } = await import('../../tasks/taskFile');
        // Half of a reference is an error, and its inputs are wanted all the same.
        const { file } = parseTaskFile(text.replace(/\$\{input:/g, ''));
        return (file?.inputs ?? []).map(({ name, description }) =>
          item(name, vscode.CompletionItemKind.Variable, description ?? ''),
        );
      }
      case 'value':
        return this.#values(place.key);
    }
  }

  #values(key: Extract<TaskFilePlace, { kind: 'value' }>['key']): vscode.CompletionItem[] {
    switch (key) {
      case 'servers':
        return [
          ...this.#servers(),
          item('all', vscode.CompletionItemKind.Keyword),
          item('none', vscode.CompletionItemKind.Keyword),
        ];
      case 'tools':
        return this.#tools();
      case 'model':
        return this.#models();
      case 'approval':
        return APPROVAL_POLICIES.map((policy) =>
          item(policy, vscode.CompletionItemKind.EnumMember, describeApproval(policy)),
        );
      default:
        return [];
    }
  }

  #servers(): vscode.CompletionItem[] {
    return this.needs.mcp.entries
      .filter(({ spec }) => !spec.disabled)
      .map(({ spec }) => named(spec.name, vscode.CompletionItemKind.Module, formatOrigin(spec.origin)));
  }

  /** Of the servers that run. */
  #tools(): vscode.CompletionItem[] {
    return this.needs.mcp.entries.flatMap(({ spec, state }) =>
      state.kind === 'ready'
        ? state.offer.tools.map(({ name, description }) =>
            named(`${spec.name}/${name}`, vscode.CompletionItemKind.Function, description.slice(0, 200)),
          )
        : [],
    );
  }

  #models(): vscode.CompletionItem[] {
    const { connections, models } = this.needs;
    const all = connections.all.flatMap((server) =>
      sortModels(server.connection.snapshot.models).flatMap((model) =>
        model.kind === 'chat' ? [{ server, model }] : [],
      ),
    );
    return all.map((served, index) => {
      const { server, model } = served;
      const { taskModel, fitnessOf } = models.contextOf(server);
      const facts = describeModel(model, taskModel, fitnessOf(model));
      const one = named(fullName(served), vscode.CompletionItemKind.Value, facts);
      one.detail = activityWords(model.activity);
      one.sortText = String(index).padStart(5, '0');
      return one;
    });
  }
}

function keys({ of }: Extract<TaskFilePlace, { kind: 'key' }>, text: string): vscode.CompletionItem[] {
  if (of === 'limits') return LIMIT_KEYS.map((key) => keyItem(key, ' '));
  if (of === 'input') return INPUT_KEYS.map((key) => keyItem(key, ' '));
  const isUsed = (key: TaskFileKey): boolean => new RegExp(`^${key}\\s*:`, 'm').test(text);
  return TASK_FILE_KEYS.filter((key) => !isUsed(key)).map((key) =>
    keyItem(key, key === 'limits' || key === 'inputs' ? '\n  ' : ' '),
  );
}

function keyItem(key: Parameters<typeof describeKey>[0], after: string): vscode.CompletionItem {
  const one = item(key, vscode.CompletionItemKind.Property, describeKey(key));
  one.insertText = `${key}:${after}`;
  // What can stand behind it is known too.
  one.command = { command: 'editor.action.triggerSuggest', title: '' };
  return one;
}

/** A name of somebody else's, written so that YAML reads it as one text. */
function named(name: string, kind: vscode.CompletionItemKind, about: string): vscode.CompletionItem {
  const one = item(name, kind, about);
  const isWord = ['all', 'none', 'true', 'false', 'null'].includes(name.toLowerCase());
  if (!PLAIN.test(name) || isWord) one.insertText = JSON.stringify(name);
  one.filterText = name;
  return one;
}

function item(label: string, kind: vscode.CompletionItemKind, about = ''): vscode.CompletionItem {
  const one = new vscode.CompletionItem(withoutIcons(visibleText(label)), kind);
  // Plain text: none of it becomes markup.
  if (about !== '') one.documentation = visibleText(about);
  return one;
}

/** The front matter of a new file. */
function frame(): vscode.CompletionItem {
  const one = item(
    l10n.t('Task file'),
    vscode.CompletionItemKind.Snippet,
    l10n.t('A front matter, and room for the task.'),
  );
  one.insertText = new vscode.SnippetString('---\nservers: ${1:none}\n---\n\n$0');
  one.filterText = 'task---';
  return one;
}

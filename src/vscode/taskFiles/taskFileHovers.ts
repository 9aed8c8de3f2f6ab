/** Hover in a task file: what a key does, what is known of a model, where a server comes from. */
import * as vscode from 'vscode';
import * as l10n from '@vscode/l10n';
import { visibleText } from '../../base/visibleText';
import { formatOrigin } from '../../mcp/serverSpec';
import { APPROVAL_POLICIES } from '../../policy/approvalPolicy';
import { INPUT_KEYS, LIMIT_KEYS, TASK_FILE_KEYS } from '../../tasks/taskFileKeys';
import { type PlaceInTaskFile, placeAt } from '../../tasks/taskFilePlaces';
import { describeModel } from '../models/modelText';
import { findServed } from '../models/servedModel';
import { productName } from '../servers/serverText';
import { describeApproval, describeKey } from './keyTexts';
import type { CompletionNeeds } from './taskFileCompletions';

export class TaskFileHovers implements vscode.HoverProvider {
  constructor(private readonly needs: CompletionNeeds) {}

  async provideHover(document: vscode.TextDocument, at: vscode.Position): Promise<vscode.Hover | undefined> {
    const text = document.getText();
    const found = placeAt(text, at.line, at.character);
    if (!found || found.word === '') return undefined;
    const said = await this.#about(found, text);
    if (said === undefined) return undefined;
    // As text: names and descriptions are those of strangers.
    const words = new vscode.MarkdownString().appendText(visibleText(said));
    return new vscode.Hover(words, new vscode.Range(at.line, found.start, at.line, found.end));
  }

  async #about({ place, word }: PlaceInTaskFile, text: string): Promise<string | undefined> {
    switch (place.kind) {
      case 'key': {
        const known = { file: TASK_FILE_KEYS, limits: LIMIT_KEYS, input: INPUT_KEYS }[place.of];
        const key = known.find((one) => one === word);
        return key && describeKey(key);
      }
      case 'reference': {
        const { parseTaskFile } = await import('../../tasks/taskFile');
        const input = parseTaskFile(text).file?.inputs.find(({ name }) => name === word);
        return input && (input.description ?? l10n.t('A value that is asked for before the task starts.'));
      }
      case 'value':
        if (place.key === 'model') return this.#model(word);
        if (place.key === 'servers') return this.#server(word);
        if (place.key === 'approval') {
          const policy = APPROVAL_POLICIES.find((one) => one === word);
          return policy && describeApproval(policy);
        }
        return undefined;
    }
  }

  #model(word: string): string | undefined {
    const { connections, models } = this.needs;
    const served = findServed(word, connections.all);
    if (!served) return undefined;
    const { server, model } = served;
    const { taskModel, fitnessOf } = models.contextOf(server);
    return `${model.displayName}: ${describeModel(model, taskModel, fitnessOf(model))}`;
  }

  #server(word: string): string | undefined {
    const entry = this.needs.mcp.entries.find(({ spec }) => spec.name === word);
    if (!entry) return undefined;
    const { origin, source, disabled } = entry.spec;
    const place = l10n.t(
      'MCP server "{0}", defined in {1} ({2}).',
      word,
      formatOrigin(origin),
      productName(source.kind),
    );
    return disabled ? `${place} ${l10n.t('It is disabled.')}` : place;
  }
}

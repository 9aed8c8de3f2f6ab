import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { toBridgeError } from '../../base/errors';
import { modelSetting } from '../models/modelActions';
import { findTaskModel, isInMemory } from '../models/modelText';
import { sentence } from '../failures';
import { code, modelMarkdown, plain } from './chatMarkdown';
import { doctorButton } from './chatHelp';
import type { ChatNeeds } from './chatNeeds';

type Stream = Pick<vscode.ChatResponseStream, 'markdown' | 'button'>;

/** Server, model and MCP servers, a line each; a failure is a line too. */
export async function tellHealth(
  stream: Stream,
  { connection, servers }: Pick<ChatNeeds, 'connection' | 'servers'>,
): Promise<void> {
  await connection.refresh();
  const lines = [...serverLines(connection), modelLine(connection), await mcpLine(servers)];
  stream.markdown(modelMarkdown(lines.map((line) => `- ${line}\n`).join('')));
  stream.button(doctorButton());
}

function serverLines({ snapshot, breaker }: ChatNeeds['connection']): readonly string[] {
  const { health, root } = snapshot;
  switch (health.kind) {
    case 'online':
      return [l10n.t('LM Studio answers at {0} within {1} ms.', code(root), health.latencyMs)];
    case 'offline': {
      const { message, hint } = health.error;
      const held =
        breaker.kind === 'open' ? [l10n.t('Requests are held back for a moment, because it failed often.')] : [];
      return [l10n.t('LM Studio cannot be used: {0}', plain(sentence(message, hint), 500)), ...held];
    }
    case 'unknown':
      return [l10n.t('LM Studio has not answered yet.')];
  }
}

function modelLine({ snapshot }: ChatNeeds['connection']): string {
  const { models } = snapshot;
  const setting = modelSetting();
  const chosen = findTaskModel(models, setting);
  if (!chosen) {
    return setting === undefined
      ? l10n.t('There is no chat model for tasks.')
      : l10n.t('The chosen model {0} is not there.', code(setting));
  }
  const model = models.find(({ key }) => key === chosen.key);
  const isLoaded = model !== undefined && isInMemory(model);
  return isLoaded
    ? l10n.t('Tasks use the model {0}, which is loaded.', code(chosen.key))
    : l10n.t('Tasks use the model {0}, which is not loaded yet.', code(chosen.key));
}

async function mcpLine(servers: ChatNeeds['servers']): Promise<string> {
  if (!vscode.workspace.isTrusted) return l10n.t('Tasks and MCP servers are off, because this folder is not trusted.');
  try {
    const found = await servers.find();
    const usable = found.servers.filter(({ disabled }) => !disabled);
    const errors = found.diagnostics.filter(({ severity }) => severity === 'error').length;
    const names = usable.map(({ name }) => code(name)).join(', ');
    const said = usable.length === 0 ? l10n.t('No MCP server is configured.') : l10n.t('MCP servers: {0}.', names);
    if (errors === 0) return said;
    const count = errors === 1 ? l10n.t('Their files have 1 error.') : l10n.t('Their files have {0} errors.', errors);
    return `${said} ${count}`;
  } catch (failure) {
    return plain(toBridgeError(failure).message, 300);
  }
}

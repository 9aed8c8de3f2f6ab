/** The servers of several files as one list in which each name stands once. */
import * as l10n from '@vscode/l10n';
import { canonicalJson } from '../base/json';
import type { ConfigFileContent } from './configFile';
import { type ConfigDiagnostic, formatOrigin, PRODUCTS, type ServerSpec } from './serverSpec';

/**
 * The first definition of a name is used; a later one is told of where it stands. Two names for what is the same server
 * stay two: approvals, tool names and habits hang on a name, and which of them is wanted is not ours to guess.
 *
 * @param isOwn whether the entry would start ourselves; such a one is left out
 */
export function mergeServers(
  contents: readonly ConfigFileContent[],
  isOwn: (spec: ServerSpec) => boolean,
): ConfigFileContent {
  const servers = new Map<string, ServerSpec>();
  const byContent = new Map<string, ServerSpec>();
  const diagnostics: ConfigDiagnostic[] = [];
  const say = (spec: ServerSpec, message: string, code?: ConfigDiagnostic['code']): void => {
    const { name: server, origin, source } = spec;
    const end = { line: origin.line, column: origin.column + JSON.stringify(server).length };
    diagnostics.push({ severity: 'info', message, server, ...origin, end, source, ...(code ? { code } : {}) });
  };
  for (const content of contents) {
    diagnostics.push(...content.diagnostics);
    for (const spec of content.servers) {
      const winner = servers.get(spec.name);
      if (isOwn(spec)) {
        say(spec, l10n.t('Server "{0}" is LM Studio Bridge itself, which is never started by itself.', spec.name));
      } else if (winner) {
        say(
          spec,
          l10n.t('Server "{0}" is not used: {1} defines it first.', spec.name, placeOf(winner)),
          'duplicate-name',
        );
      } else {
        servers.set(spec.name, spec);
        if (spec.disabled) continue;
        const key = contentOf(spec);
        const twin = byContent.get(key);
        if (twin) say(spec, l10n.t('Server "{0}" is the same as "{1}" of {2}.', spec.name, twin.name, placeOf(twin)));
        else byContent.set(key, spec);
      }
    }
  }
  return { servers: [...servers.values()], diagnostics };
}

function placeOf({ origin, source }: ServerSpec): string {
  const place = formatOrigin(origin);
  return source.scope === 'user' && source.kind !== 'given' ? `${PRODUCTS[source.kind]} (${place})` : place;
}

/** What would run. The folder counts where the entry names it. */
function contentOf({ transport, source }: ServerSpec): string {
  const content = canonicalJson(transport);
  return content.includes('${workspaceFolder') ? `${source.folder ?? ''}\n${content}` : content;
}

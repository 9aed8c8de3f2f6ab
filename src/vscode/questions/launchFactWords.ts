/**
 * The facts of a launch in the person's language. They are kept in English (src/policy/consent.ts), so that what was
 * agreed to in one language can be compared in another. Pure.
 */
import * as l10n from '@vscode/l10n';
import type { LaunchFact } from '../../policy/consent';

const OTHER_CONTENT = ', with other content';

export function factLabel(name: string): string {
  const [, kind = name, which = ''] = /^(Environment variable|Argument|Header) (.*)$/s.exec(name) ?? [];
  switch (kind) {
    case 'Environment variable':
      return l10n.t('Environment variable {0}', which);
    case 'Argument':
      return l10n.t('Argument {0}', which);
    case 'Header':
      return l10n.t('Header {0}', which);
    case 'Command':
      return l10n.t('Command');
    case 'Environment file':
      return l10n.t('Environment file');
    case 'Working directory':
      return l10n.t('Working directory');
    case 'Address':
      return l10n.t('Address');
    case 'Signs in as client':
      return l10n.t('Signs in as client');
    default:
      return name;
  }
}

/** Only words of ours are translated: a command that is called "set" stays what it is. */
export function factValue({ name, value }: Pick<LaunchFact, 'name' | 'value'>): string {
  const isSecret = /^(?:Environment variable|Header) /.test(name);
  if ((isSecret || name === 'Environment file') && value.endsWith(OTHER_CONTENT)) {
    const before = factValue({ name, value: value.slice(0, -OTHER_CONTENT.length) });
    return l10n.t('{0}, with other content', before);
  }
  if (isSecret && value === 'set') return l10n.t('set');
  if (isSecret && value === 'removed') return l10n.t('removed');
  if (isSecret && value === 'sent') return l10n.t('sent');
  if (name === 'Working directory' && value === 'the workspace folder') return l10n.t('the workspace folder');
  return value;
}

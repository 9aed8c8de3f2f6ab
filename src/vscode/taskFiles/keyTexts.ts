/** What the keys of a task file do, in words. */
import * as l10n from '@vscode/l10n';
import type { ApprovalPolicy } from '../../policy/approvalPolicy';
import type { InputKey, LimitKey, TaskFileKey } from '../../tasks/taskFileKeys';

export function describeKey(key: TaskFileKey | LimitKey | InputKey): string {
  switch (key) {
    case 'servers':
      return l10n.t(
        'The MCP servers that the task may use: a list of their names, "all", or "none", which is the default.',
      );
    case 'model':
      return l10n.t('The model, by its id. Without it: the one of your settings, else the one that is loaded.');
    case 'tools':
      return l10n.t('Tools that are offered first where not all fit the context: "tool" or "server/tool".');
    case 'limits':
      return l10n.t('What the task may use up. Your settings count too: the lower one holds.');
    case 'approval':
      return l10n.t(
        'How much is asked before a tool is called. It can only be stricter than your settings: the stricter one holds.',
      );
    case 'inputs':
      return l10n.t('Values that are asked for before the task starts. The text names them as {0}.', '${input:name}');
    case 'rounds':
      return l10n.t('How often the model may be asked at most.');
    case 'tokens':
      return l10n.t('How many tokens the model may read and write at most.');
    case 'minutes':
      return l10n.t('How long the task may take at most.');
    case 'description':
      return l10n.t('What is asked for, as the person reads it.');
    case 'default':
      return l10n.t('The value where nobody gives another one.');
  }
}

export function describeApproval(policy: ApprovalPolicy): string {
  switch (policy) {
    case 'allow-reads-of-trusted':
      return l10n.t(
        'What a trusted server marks as read-only runs, and what you have allowed; everything else asks you.',
      );
    case 'ask':
      return l10n.t('Only what you have allowed runs; everything else asks you.');
    case 'ask-always':
      return l10n.t('Every call asks you, whatever you have allowed.');
  }
}

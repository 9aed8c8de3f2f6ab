/**
 * Everything that the doctor can find, by id, with how bad it is and what helps. docs/troubleshooting.md has a section for
 * each; test/troubleshooting.test.ts compares the two.
 */

/** What a person can do about a finding; each door knows its own command for it. */
export type Remedy =
  | 'start-server'
  | 'ask-again'
  | 'settings'
  | 'set-token'
  | 'select-model'
  | 'load-model'
  | 'self-test'
  | 'show-servers'
  | 'add-server'
  | 'show-problems'
  | 'resume-task'
  | 'discard-journal'
  | 'trust-folder'
  | 'open-folder'
  | 'show-output'
  | 'doctor'
  | 'first-steps';

/** `error`: tasks do not work. `warning`: something does not work, or not well. `info`: good to know. */
export type Severity = 'error' | 'warning' | 'info';

interface Kind {
  readonly severity: Severity;
  readonly remedy: Remedy;
}

export const FINDINGS = {
  'setting-wrong': { severity: 'error', remedy: 'settings' },
  'server-address-wrong': { severity: 'error', remedy: 'settings' },
  'server-unreachable': { severity: 'error', remedy: 'ask-again' },
  'server-not-running': { severity: 'error', remedy: 'start-server' },
  'server-silent': { severity: 'error', remedy: 'ask-again' },
  'server-other-program': { severity: 'error', remedy: 'settings' },
  'server-failed': { severity: 'error', remedy: 'show-output' },
  'token-missing': { severity: 'error', remedy: 'set-token' },
  'token-refused': { severity: 'error', remedy: 'set-token' },
  'server-at-other-address': { severity: 'warning', remedy: 'settings' },
  'remote-loopback': { severity: 'warning', remedy: 'settings' },
  'server-slow': { severity: 'warning', remedy: 'ask-again' },
  'server-old': { severity: 'warning', remedy: 'ask-again' },
  'server-not-lm-studio': { severity: 'info', remedy: 'settings' },
  'list-incomplete': { severity: 'warning', remedy: 'show-output' },
  'other-server-failed': { severity: 'warning', remedy: 'ask-again' },
  'other-server-token': { severity: 'warning', remedy: 'set-token' },
  'other-server-slow': { severity: 'warning', remedy: 'ask-again' },
  'models-none': { severity: 'error', remedy: 'ask-again' },
  'model-missing': { severity: 'error', remedy: 'select-model' },
  'model-not-loaded': { severity: 'info', remedy: 'load-model' },
  'model-not-loaded-by-request': { severity: 'error', remedy: 'load-model' },
  'model-context-small': { severity: 'warning', remedy: 'load-model' },
  'model-no-tools': { severity: 'warning', remedy: 'select-model' },
  'model-failed-self-test': { severity: 'warning', remedy: 'select-model' },
  'model-not-tested': { severity: 'info', remedy: 'self-test' },
  'folder-untrusted': { severity: 'error', remedy: 'trust-folder' },
  'folder-none': { severity: 'info', remedy: 'open-folder' },
  'mcp-file-wrong': { severity: 'error', remedy: 'show-problems' },
  'mcp-file-doubtful': { severity: 'warning', remedy: 'show-problems' },
  'mcp-none': { severity: 'warning', remedy: 'add-server' },
  'mcp-all-off': { severity: 'warning', remedy: 'show-servers' },
  'mcp-failed': { severity: 'error', remedy: 'show-servers' },
  'mcp-blocked': { severity: 'warning', remedy: 'show-servers' },
  'mcp-needs-consent': { severity: 'info', remedy: 'show-servers' },
  'mcp-slow-start': { severity: 'info', remedy: 'show-servers' },
  'task-interrupted': { severity: 'warning', remedy: 'resume-task' },
  'journals-large': { severity: 'info', remedy: 'discard-journal' },
  'errors-noted': { severity: 'info', remedy: 'show-output' },
  'chat-needs-sign-in': { severity: 'info', remedy: 'first-steps' },
  'answer-late': { severity: 'warning', remedy: 'doctor' },
} as const satisfies Record<string, Kind>;

export type FindingId = keyof typeof FINDINGS;

export interface Finding {
  readonly id: FindingId;
  /** One sentence. Names in it can be other people's. */
  readonly text: string;
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info'];

/** What keeps tasks from working first; else in the order in which they were found. */
export function bySeverity(findings: readonly Finding[]): readonly Finding[] {
  return ORDER.flatMap((severity) => findings.filter(({ id }) => FINDINGS[id].severity === severity));
}

/** A server's question to the person, in native inputs: first what it wants, then field by field, then all answers once more. */
import * as l10n from '@vscode/l10n';
import { throwIfAborted } from '../../base/abort';
import type { JsonObject } from '../../base/json';
import { visibleText } from '../../base/visibleText';
import type { ElicitationAnswer, ElicitationRequest } from '../../mcp/clientHost';
import type { Dialogs } from '../dialogs';
import { askField, shownAnswer } from './elicitationInputs';
import { LATER, type QuestionDesk } from './questionDesk';
import { moreWords } from './questionWords';
import type { ServerUsers } from '../servers/serverUsers';
import { shortText } from '../shortText';

export const ELICITATION_BUTTONS = {
  answer: l10n.t('Answer…'),
  decline: l10n.t('Decline'),
  cancel: l10n.t('Cancel'),
  send: l10n.t('Send'),
  change: l10n.t('Change…'),
  open: l10n.t('Open in Browser'),
} as const;

export interface ElicitationNeeds {
  readonly dialogs: Dialogs;
  readonly desk: QuestionDesk;
  readonly users: Pick<ServerUsers, 'askerOf'>;
  /** Opens a page outside the editor; false where that failed. */
  readonly openPage: (url: string) => Promise<boolean>;
}

const DECLINED: ElicitationAnswer = { kind: 'decline' };
const CANCELLED: ElicitationAnswer = { kind: 'cancel' };

type Form = Extract<ElicitationRequest, { kind: 'form' }>;
type Page = Extract<ElicitationRequest, { kind: 'url' }>;

/** What was answered so far, by field: it is kept while the form is put aside. */
type Draft = Map<string, JsonObject[string]>;

/**
 * As `ClientHost.elicit`. Closing a dialog is a cancel, only the button "Decline" is a no. Closing a field puts the form aside,
 * because any other input takes its place.
 */
export function createElicitation(needs: ElicitationNeeds) {
  return (request: ElicitationRequest, signal: AbortSignal): Promise<ElicitationAnswer> => {
    const draft: Draft = new Map();
    return needs.desk.put<ElicitationAnswer>(
      {
        notice: titleOf(request),
        ...needs.users.askerOf(request.server),
        unanswered: () => CANCELLED,
        show: (more, ending) =>
          request.kind === 'form'
            ? askForm(request, draft, more, needs, ending)
            : askPage(request, more, needs, ending),
      },
      signal,
    );
  };
}

function titleOf({ kind, server }: ElicitationRequest): string {
  const name = l10n.t('MCP server "{0}"', shortText(server, 100));
  return kind === 'form'
    ? l10n.t('{0} asks you for information.', name)
    : l10n.t('{0} wants you to open a page.', name);
}

async function askForm(
  form: Form,
  draft: Draft,
  more: number,
  { dialogs }: ElicitationNeeds,
  signal: AbortSignal,
): Promise<ElicitationAnswer | typeof LATER> {
  const { answer, decline, cancel, send, change } = ELICITATION_BUTTONS;
  const asked = form.fields.map(({ title, isRequired }) =>
    isRequired ? `• ${shortText(title, 100)}` : l10n.t('• {0} (optional)', shortText(title, 100)),
  );
  const begun = await dialogs.ask(
    {
      message: titleOf(form),
      detail: [
        l10n.t('It says: {0}', visibleText(form.message)),
        ...(asked.length > 0 ? [l10n.t('It asks for:\n{0}', asked.join('\n'))] : []),
        l10n.t('Your answers go to this server. Never give a password, a key or a token here.'),
        ...moreWords(more),
      ].join('\n\n'),
      buttons: [answer, decline],
      closing: cancel,
    },
    signal,
  );
  if (begun !== answer) return begun === decline ? DECLINED : CANCELLED;
  for (;;) {
    if (!(await askFields(form, draft, dialogs, signal))) return LATER;
    const content: JsonObject = Object.fromEntries(draft);
    const question = { message: l10n.t('Send these answers to MCP server "{0}"?', shortText(form.server, 100)) };
    const detail = form.fields.map((field) => `${shortText(field.title, 100)}: ${shownAnswer(field, content)}`);
    // What Enter chooses sends nothing: the person has just pressed it in the last field.
    const buttons = [change, send, decline];
    const last = await dialogs.ask({ ...question, detail: detail.join('\n'), buttons, closing: cancel }, signal);
    if (last === send) return { kind: 'accept', content };
    if (last !== change) return last === decline ? DECLINED : CANCELLED;
  }
}

/** Fills the draft. False where a field was closed. */
async function askFields(
  { fields, server }: Form,
  draft: Draft,
  dialogs: Dialogs,
  signal: AbortSignal,
): Promise<boolean> {
  for (const [index, field] of fields.entries()) {
    throwIfAborted(signal);
    const step = fields.length > 1 ? l10n.t(' ({0} of {1})', index + 1, fields.length) : '';
    const title = `${shortText(server, 60)}: ${shortText(field.title, 100)}${step}`;
    const given = await askField(field, title, draft.get(field.name), dialogs, signal);
    if (given === 'closed') return false;
    if (given.value === undefined) draft.delete(field.name);
    else draft.set(field.name, given.value);
  }
  return true;
}

async function askPage(page: Page, more: number, { dialogs, openPage }: ElicitationNeeds, signal: AbortSignal) {
  const { open, decline, cancel } = ELICITATION_BUTTONS;
  const { host, protocol } = new URL(page.url);
  const warnings = [
    ...(protocol === 'https:' ? [] : [l10n.t('The connection to this page is not encrypted.')]),
    ...(/(^|\.)xn--/.test(host)
      ? [l10n.t('The host has letters beyond ASCII; they can look like those of another host.')]
      : []),
  ];
  const answer = await dialogs.ask(
    {
      message: titleOf(page),
      detail: [
        l10n.t('Host: {0}', host),
        l10n.t('Address: {0}', visibleText(page.url)),
        ...warnings,
        l10n.t('The server says: {0}', visibleText(page.message)),
        l10n.t('What you type there goes to that page, not through this editor.'),
        ...moreWords(more),
      ].join('\n\n'),
      // What Enter chooses opens nothing.
      buttons: [decline, open],
      closing: cancel,
    },
    signal,
  );
  if (answer !== open) return answer === decline ? DECLINED : CANCELLED;
  return (await openPage(page.url)) ? ({ kind: 'accept', content: {} } as const) : CANCELLED;
}

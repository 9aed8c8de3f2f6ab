/** Everything that a task may ask a person, put together. */
import * as vscode from 'vscode';
import type { Clock } from '../base/clock';
import { SamplingDesk } from '../tasks/sampling';
import { createApprovalQuestion } from './approvals';
import { ApprovalStore } from './approvalStore';
import type { Dialogs } from './dialogs';
import { createFateQuestion } from './fateQuestion';
import { createGoOnQuestion } from './goOnQuestion';
import { LaunchConsent } from './launchConsent';
import { createEvictionQuestion } from './modelPicks';
import { QuestionDesk } from './questionDesk';
import { createSamplingApproval } from './samplingApproval';
import { readPatience } from './settings';

export interface QuestionNeeds {
  readonly dialogs: Dialogs;
  readonly showDocument: (name: string, text: string) => Promise<void>;
  readonly clock: Clock;
  /** Stands in for the window's focus and its clock in tests. */
  readonly presence?: { readonly isHere: boolean; readonly clock: Clock } | undefined;
}

export function openQuestions(context: vscode.ExtensionContext, needs: QuestionNeeds) {
  const { dialogs, showDocument, presence } = needs;
  const isPersonHere = (): boolean => presence?.isHere ?? vscode.window.state.focused;
  const desk = new QuestionDesk({ dialogs, clock: presence?.clock ?? needs.clock, isPersonHere, readPatience });
  return {
    desk,
    consent: new LaunchConsent(context.globalState, dialogs),
    approvals: new ApprovalStore(context.workspaceState, dialogs),
    mayEvict: createEvictionQuestion(dialogs),
    askFate: createFateQuestion(dialogs, showDocument),
    sampling: new SamplingDesk(createSamplingApproval({ dialogs, desk, showDocument })),
    /** Of a task with this label. */
    createQuestions: (label: string) => ({
      beforeCall: createApprovalQuestion(label, { dialogs, desk, showDocument }),
      mayGoOn: createGoOnQuestion(label, desk, dialogs),
    }),
  };
}

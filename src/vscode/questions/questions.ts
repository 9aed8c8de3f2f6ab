/** Everything that a task may ask a person, put together. */
import * as vscode from 'vscode';
import type { Clock } from '../../base/clock';
import { SamplingDesk } from '../../tasks/sampling';
import { CallerConsent } from '../api/callerConsent';
import { type AskingTask, createApprovalQuestion } from './approvals';
import { ApprovalStore } from './approvalStore';
import type { Dialogs } from '../dialogs';
import { createFateQuestion } from './fateQuestion';
import { createGoOnQuestion } from './goOnQuestion';
import { LaunchConsent } from './launchConsent';
import { createEvictionQuestion } from '../models/modelPicks';
import { openOrigin, type TextDocuments } from '../openDocument';
import { QuestionDesk } from './questionDesk';
import { createSamplingApproval } from './samplingApproval';
import { ServerUsers } from '../servers/serverUsers';
import { readPatience } from '../settings/settings';
import { ToolReview } from './toolReview';
import { TrustStore } from './trustStore';

export interface QuestionNeeds {
  readonly dialogs: Dialogs;
  readonly documents: Pick<TextDocuments, 'show' | 'compare'>;
  /** Absolute paths of the folders of the workspace. */
  readonly folders: () => readonly string[];
  readonly clock: Clock;
  /** Stands in for the window's focus and its clock in tests. */
  readonly presence?: { readonly isHere: boolean; readonly clock: Clock } | undefined;
}

/** Where answers are kept. */
export interface QuestionStates {
  readonly globalState: vscode.Memento;
  readonly workspaceState: vscode.Memento;
}

export function openQuestions(states: QuestionStates, needs: QuestionNeeds) {
  const { dialogs, documents, folders, presence } = needs;
  const { globalState, workspaceState } = states;
  const showDocument = (...text: Parameters<TextDocuments['show']>): Promise<void> => documents.show(...text);
  const showDifference = (...texts: Parameters<TextDocuments['compare']>): Promise<void> => documents.compare(...texts);
  const isPersonHere = (): boolean => presence?.isHere ?? vscode.window.state.focused;
  const desk = new QuestionDesk({ dialogs, clock: presence?.clock ?? needs.clock, isPersonHere, readPatience });
  const isTrusted = (): boolean => vscode.workspace.isTrusted;
  const common = { state: globalState, dialogs, desk, showDifference };
  const consent = new LaunchConsent({ ...common, isTrusted, showOrigin: openOrigin });
  const approvals = new ApprovalStore(workspaceState, globalState);
  const trusted = new TrustStore(globalState, dialogs);
  const callers = new CallerConsent(globalState, dialogs, desk);
  const users = new ServerUsers();
  const forgetTools = (...tools: Parameters<ApprovalStore['forgetTools']>) => approvals.forgetTools(...tools);
  const toolReview = new ToolReview({ ...common, forgetTools });
  return {
    desk,
    users,
    consent,
    approvals,
    trusted,
    toolReview,
    callers,
    grants: () => [...approvals.grants, ...trusted.grants, ...consent.grants, ...callers.grants],
    mayEvict: createEvictionQuestion(desk, dialogs),
    askFate: createFateQuestion({ dialogs, desk, showDocument }),
    sampling: new SamplingDesk(createSamplingApproval({ dialogs, desk, users, showDocument })),
    createQuestions: (task: AskingTask) => ({
      beforeCall: createApprovalQuestion(task, { dialogs, desk, showDocument, showDifference, folders }),
      mayGoOn: createGoOnQuestion(task, desk, dialogs),
    }),
  };
}

import * as vscode from 'vscode';
import type { QuestionDesk } from '../questions/questionDesk';
import { setContext } from '../typed';
import type { Tasks } from './tasks';

/** What menus go by: whether tasks run, are paused, or wait for the person. */
export function keepTaskContext(tasks: Tasks, desk: QuestionDesk): vscode.Disposable {
  const follow = (): void => {
    const { running } = tasks;
    const isAny = (isPaused: boolean): boolean => running.some(({ pause }) => (pause !== undefined) === isPaused);
    setContext('lmstudioBridge.taskRunning', running.length > 0);
    setContext('lmstudioBridge.taskGoing', isAny(false));
    setContext('lmstudioBridge.taskPaused', isAny(true));
  };
  follow();
  return vscode.Disposable.from(
    tasks.onDidChange(follow),
    desk.onDidChange((hasUnopened) => setContext('lmstudioBridge.questionWaiting', hasUnopened)),
  );
}

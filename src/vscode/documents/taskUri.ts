import * as vscode from 'vscode';
import { visibleText } from '../../base/visibleText';

export const TASK_SCHEME = 'lmstudio-task';

const MAX_NAME_CHARS = 40;

/** `lmstudio-task:/<what the task is called>.md?<key>`: the key says which task it is, the name is only for the tab. */
export function taskUri(key: string, task: string): vscode.Uri {
  return vscode.Uri.from({ scheme: TASK_SCHEME, path: `/${fileName(task)}.md`, query: key });
}

function fileName(task: string): string {
  const plain = visibleText(task)
    .replace(/[^\p{L}\p{N}\p{M} ,()_-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return (
    [...new Intl.Segmenter().segment(plain)]
      .slice(0, MAX_NAME_CHARS)
      .map(({ segment }) => segment)
      .join('')
      .trim() || 'Task'
  );
}

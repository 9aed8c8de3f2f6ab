import type * as vscode from 'vscode';

/** What is kept under a key, as far as it can be understood. */
export function readRecords<T>(
  state: vscode.Memento,
  key: string,
  isRecord: (value: unknown) => value is T,
): readonly T[] {
  const stored = state.get<unknown>(key);
  return Array.isArray(stored) ? stored.filter(isRecord) : [];
}

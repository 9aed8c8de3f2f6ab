/** Failures of a model as VS Code's chat and other extensions know them. */
import * as vscode from 'vscode';
import { type ErrorCode, toBridgeError } from '../../base/errors';
import { sentence } from '../failures';

const GONE: ReadonlySet<ErrorCode> = new Set(['model-not-found', 'no-model', 'model-unloaded']);
const NOT_ALLOWED: ReadonlySet<ErrorCode> = new Set(['auth-required', 'approval-denied']);
const HELD_BACK: ReadonlySet<ErrorCode> = new Set(['rate-limited', 'insufficient-memory']);

/** With our sentence, which the chat shows as it is. */
export function toChatError(failure: unknown): Error {
  const error = toBridgeError(failure);
  if (error.code === 'cancelled') return new vscode.CancellationError();
  const message = sentence(error.message, error.hint);
  if (GONE.has(error.code)) return vscode.LanguageModelError.NotFound(message);
  if (NOT_ALLOWED.has(error.code)) return vscode.LanguageModelError.NoPermissions(message);
  if (HELD_BACK.has(error.code)) return vscode.LanguageModelError.Blocked(message);
  return new vscode.LanguageModelError(message);
}

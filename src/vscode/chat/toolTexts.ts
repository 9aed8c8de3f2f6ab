import * as vscode from 'vscode';

/** Texts for the agent that called one of our tools. */
export function toolTexts(...parts: readonly string[]): vscode.LanguageModelToolResult {
  const all = parts.map((text, index) => (index === 0 ? text : `\n${text}`));
  return new vscode.LanguageModelToolResult(all.map((text) => new vscode.LanguageModelTextPart(text)));
}

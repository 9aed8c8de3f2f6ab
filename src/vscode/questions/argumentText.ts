/** The arguments of a call for a person to read: texts with their line breaks, everything hidden made visible. Pure. */
import * as l10n from '@vscode/l10n';
import { isJsonObject, type JsonObject, type JsonValue } from '../../base/json';
import { visibleText } from '../../base/visibleText';

const INDENT = '  ';
/** A line of a text, which cannot pass for an argument of its own. */
const BAR = '│ ';
/** Longer ones are blocks, so that a window can wrap them. */
const MAX_INLINE_CHARS = 120;

export function argumentText(args: JsonObject): string {
  const lines = membersOf(args, '');
  return lines.length > 0 ? lines.join('\n') : l10n.t('none');
}

function membersOf(object: JsonObject, indent: string): readonly string[] {
  return Object.entries(object).flatMap(([key, value]) => linesOf(`${keyText(key)}:`, value, indent));
}

function linesOf(label: string, value: JsonValue, indent: string): readonly string[] {
  const inner = indent + INDENT;
  if (typeof value === 'string') return textLines(label, value, indent);
  if (Array.isArray(value) && value.length > 0) {
    return [`${indent}${label}`, ...value.flatMap((item, index) => linesOf(`${String(index + 1)}.`, item, inner))];
  }
  if (isJsonObject(value) && Object.keys(value).length > 0) return [`${indent}${label}`, ...membersOf(value, inner)];
  return [`${indent}${label} ${JSON.stringify(value)}`];
}

function textLines(label: string, text: string, indent: string): readonly string[] {
  const shown = visibleText(text);
  const isInline = !shown.includes('\n') && shown.length <= MAX_INLINE_CHARS;
  if (isInline) return [`${indent}${label} ${JSON.stringify(shown)}`];
  const lines = shown.split('\n');
  const size = lines.length > 1 ? l10n.t('{0} lines', lines.length) : l10n.t('{0} characters', shown.length);
  return [
    l10n.t('{0}{1} (text of {2})', indent, label, size),
    ...lines.map((line) => `${indent}${INDENT}${BAR}${line}`),
  ];
}

function keyText(key: string): string {
  return /^[\w.-]+$/.test(key) ? key : JSON.stringify(visibleText(key));
}

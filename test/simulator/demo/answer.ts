/** The final answer: a sentence or two per step, with what was found quoted. */
import { isObject, tryParse, type JsonValue } from '../json';
import type { PastCall } from './conversation';
import { plainText } from './extract';
import { topicOf, type StepOutcome } from './plan';
import { stem } from './words';

/** Says it plainly in every answer: what writes here has no understanding. */
export const DISCLAIMER = "*Answered by LM Studio Bridge's rule-based demo, which is not a language model.*";

const MOST_LINES = 12;

export function composeAnswer(outcomes: readonly StepOutcome[], toolCount: number): string {
  const acted = outcomes.some((outcome) => outcome.calls.length > 0 || outcome.lines.length > 0);
  if (!acted) return nothingDone(outcomes, toolCount);
  const parts = outcomes.map((outcome, index) => describe(outcome, outcomes.slice(index + 1)));
  return `${parts.filter((part) => part !== '').join('\n\n')}\n\n${DISCLAIMER}`;
}

function nothingDone(outcomes: readonly StepOutcome[], toolCount: number): string {
  const steps = outcomes.map(({ step }) => `“${step.text}”`).join(', then ');
  const why =
    toolCount === 0
      ? 'I was offered no tools, so I can only say what I would do: look for a tool for each step'
      : `None of the ${toolCount} tools I was offered fits. I look for a tool for each step`;
  const task = steps === '' ? '' : ` I read your task as ${steps}.`;
  return `I am LM Studio Bridge's rule-based demo, not a language model, so I cannot talk freely. ${why}, call it and quote what it returns.${task}`;
}

function describe(outcome: StepOutcome, later: readonly StepOutcome[]): string {
  const last = outcome.calls.at(-1);
  if (outcome.skipped) return `I left out “${outcome.step.text}”, because the step before it brought nothing.`;
  if (last === undefined) return describeAnswer(outcome);
  if (last.state === 'refused')
    return `“${outcome.step.text}”: the call of \`${last.name}\` was refused, so I left it out.`;
  if (last.state === 'failed') return describeFailure(outcome, last);
  const retried = outcome.calls.some((call) => call.state === 'failed') ? ' (at the second attempt)' : '';
  if (outcome.lines.length > 0) return describeAnswer(outcome);
  // What a later question quotes need not be shown in full before.
  const quotedLater = later.some((next) => next.lines.length > 0) && isRead(outcome);
  return describeCall(outcome, last, retried, quotedLater);
}

function describeFailure({ step, calls }: StepOutcome, last: PastCall): string {
  const helper = calls.find((call) => call.name !== last.name && call.state === 'ok');
  const tried =
    helper === undefined
      ? ''
      : ` I also tried \`${helper.name}\`, which said: ${inline(helper.result.replace(/\s*\n\s*/g, ' '))}`;
  return `I could not do “${step.text}”: ${firstLine(last.result).replace(/[.\s]+$/, '')}.${tried}`;
}

function describeAnswer({ step, lines }: StepOutcome): string {
  if (lines.length === 0) return `For “${step.text}” I found no answer in what I read, and no tool fits.`;
  return `On “${topicOf(step)}” I found:\n\n${lines.map((line) => `> ${line}`).join('\n')}`;
}

const isRead = ({ step }: StepOutcome): boolean => ['read', 'open', 'view', 'show'].map(stem).includes(step.verb ?? '');

function describeCall({ step }: StepOutcome, call: PastCall, retried: string, brief: boolean): string {
  const target = targetOf(call);
  if (brief) return `I read \`${target ?? call.name}\`${retried}.`;
  const done = `Done${retried}: “${step.text}”${target ? ` (\`${target}\`)` : ''}.`;
  if (isListing(call.result)) return describeListing(call, target, retried);
  const parsed = tryParse(call.result);
  // A file that holds JSON is shown as it is; an answer in JSON is put in words.
  const isFile = /\.\w{1,6}$/.test(target ?? '');
  if (!isFile && typeof parsed === 'object') return `${done}\n\n${bullets(flatten(parsed))}`;
  if (/^(?:summari|read|open|view|show|print)/.test(step.verb ?? ''))
    return describeText(call, target, retried, step.verb ?? '');
  return `${done}\n\n${quote(call.result)}`;
}

function targetOf(call: PastCall): string | undefined {
  const value = Object.entries(call.arguments).find(([key]) => /path|file|source|query|url/i.test(key))?.[1];
  return typeof value === 'string' ? value : undefined;
}

const ENTRY = /^\[(FILE|DIR)\]\s+(.+)$/;

function isListing(result: string): boolean {
  const lines = result.split('\n').filter((line) => line.trim() !== '');
  return lines.length > 0 && lines.every((line) => ENTRY.test(line) || /^(?:\/|[A-Za-z]:[\\/])\S/.test(line));
}

function describeListing(call: PastCall, target: string | undefined, retried: string): string {
  const lines = call.result.split('\n').filter((line) => line.trim() !== '');
  const names = lines.map((line) => {
    const [, kind, name] = ENTRY.exec(line) ?? [];
    return name === undefined ? `\`${line}\`` : `\`${name.trim()}\`${kind === 'DIR' ? ' (folder)' : ''}`;
  });
  const count = names.length === 1 ? '1 entry' : `${names.length} entries`;
  return `I found ${count}${target ? ` in \`${target}\`` : ''}${retried}:\n\n${bullets(names)}`;
}

function describeText(call: PastCall, target: string | undefined, retried: string, verb: string): string {
  const lead = `I read \`${target ?? call.name}\`${retried}`;
  if (!verb.startsWith('summari')) return `${lead}:\n\n${quote(call.result)}`;
  const headings = call.result
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .map(plainText);
  const list = headings.length > 0 ? ` Its headings: ${headings.slice(0, MOST_LINES).join('; ')}.` : '';
  return `${lead}. Rules cannot summarise, so here is how it begins.${list}\n\n${quote(call.result, 6)}`;
}

function quote(text: string, most = MOST_LINES): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return 'The answer was empty.';
  const shown = lines.slice(0, most).map((line) => `> ${line.slice(0, 300)}`);
  return [...shown, ...(lines.length > most ? [`> … (${lines.length - most} more lines)`] : [])].join('\n');
}

function bullets(items: readonly string[]): string {
  if (items.length === 0) return 'It holds nothing.';
  const more = items.length > MOST_LINES ? [`… (${items.length - MOST_LINES} more)`] : [];
  return [...items.slice(0, MOST_LINES), ...more].map((item) => `- ${item}`).join('\n');
}

/** One line per object that holds plain values. */
function flatten(value: JsonValue): string[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (!isObject(value)) return [String(value)];
  const plain = Object.entries(value).filter(([, item]) => !isObject(item) && !isListOfObjects(item));
  const line = plain
    .filter(([, item]) => !(Array.isArray(item) && item.length === 0))
    .map(([key, item]) => `${key}: ${inline(item)}`);
  const nested = Object.values(value).filter((item) => isObject(item) || isListOfObjects(item)) as JsonValue[];
  return [...(line.length > 0 ? [line.join(', ')] : []), ...nested.flatMap(flatten)];
}

const isListOfObjects = (value: unknown): boolean => Array.isArray(value) && value.some(isObject);

function inline(value: unknown): string {
  return (Array.isArray(value) ? value.map(String).join('; ') : String(value)).slice(0, 300);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 300) ?? '';
}

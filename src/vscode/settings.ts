import { ConfigurationError } from '../base/errors';
import { TOOL_CALL_MODES, type ToolCallMode } from '../llm/toolCallMode';
import { USER_PRODUCTS, type UserProduct } from '../mcp/sources';
import { SUBSTITUTION_MODES, type SubstitutionMode } from '../policy/substitution';
import { type Retention, retention } from '../tasks/retention';
import { SETTING_DEFAULTS, type SettingKey, SETTINGS_SECTION } from './ids';
import { parseServerList, type ServerList } from './models/serverList';
import { readSetting } from './typed';

/** What a task may use up when nobody says otherwise. */
export interface TaskLimits {
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number | undefined;
}

/** @throws ConfigurationError `usage` that names the setting and what it must be */
export function readLimits(): TaskLimits {
  const maxTokens = readNumber('task.maxTokens', 0);
  const timeoutMinutes = readNumber('task.timeoutMinutes', 0, false);
  return {
    maxRounds: readNumber('task.maxRounds', 1),
    maxTokens: maxTokens === 0 ? undefined : maxTokens,
    timeoutMs: timeoutMinutes === 0 ? undefined : timeoutMinutes * 60_000,
  };
}

/** Which journals of ended tasks are kept. @throws ConfigurationError `usage` */
export function readRetention(): Retention {
  return retention(readNumber('task.journalCount', 0), readNumber('task.journalDays', 0, false));
}

/** How models come into memory; undefined: as LM Studio is set. */
export interface LoadSettings {
  /** Tokens. */
  readonly contextLength: number | undefined;
  readonly ttlSeconds: number | undefined;
}

/** @throws ConfigurationError `usage` */
export function readLoadSettings(): LoadSettings {
  const contextLength = readNumber('load.contextLength', 0);
  const ttlMinutes = readNumber('load.ttlMinutes', 0, false);
  return {
    contextLength: contextLength === 0 ? undefined : contextLength,
    ttlSeconds: ttlMinutes === 0 ? undefined : Math.max(1, Math.round(ttlMinutes * 60)),
  };
}

/** @throws ConfigurationError `usage` */
export function readToolCalls(): ToolCallMode {
  const value = readSetting('toolCalls');
  const mode = TOOL_CALL_MODES.find((known) => known === value);
  if (!mode) throw wrong('toolCalls', `one of ${TOOL_CALL_MODES.join(', ')}`, value);
  return mode;
}

/** @throws ConfigurationError `usage` */
export function readSubstitutionMode(): SubstitutionMode {
  const value = readSetting('onModelSubstitution') ?? SETTING_DEFAULTS.onModelSubstitution;
  const mode = SUBSTITUTION_MODES.find((known) => known === value);
  if (!mode) throw wrong('onModelSubstitution', SUBSTITUTION_MODES.map((known) => `"${known}"`).join(' or '), value);
  return mode;
}

/** The names and patterns of VS Code's own tools that tasks may use. What is no list of texts allows nothing. */
export function readVscodeTools(): readonly string[] {
  const value = readSetting('tools.vscode');
  return Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];
}

/** Products whose files in the person's home are read; one that does not exist is none. */
export function readProducts(): readonly UserProduct[] {
  const value = readSetting('mcp.products');
  return Array.isArray(value) ? USER_PRODUCTS.filter((product) => value.includes(product)) : USER_PRODUCTS;
}

/** As written. */
export function readMcpFiles(): readonly string[] {
  const value = readSetting('mcp.files');
  return Array.isArray(value)
    ? value.filter((file): file is string => typeof file === 'string' && file.trim() !== '')
    : [];
}

/** Only a clear yes is one. */
export function readLmsEnabled(): boolean {
  return readSetting('lms.enabled') === true;
}

/**
 * Minutes after which a question that nobody answers is answered with no; undefined: never. Wrong values must not end a
 * task that waits, so the defaults stand in for them; either way nothing runs that nobody allowed.
 */
export function readPatience(): number | undefined {
  if (readSetting('approvals.whenUnattended') !== 'refuse') return undefined;
  const minutes = readSetting('approvals.refuseAfterMinutes');
  const isUsable = typeof minutes === 'number' && Number.isFinite(minutes) && minutes >= 0;
  return isUsable ? minutes : SETTING_DEFAULTS['approvals.refuseAfterMinutes'];
}

/** The chosen model's key; undefined: choose automatically. @throws ConfigurationError */
export function readModel(): string | undefined {
  return readText('model') || undefined;
}

/** As written; empty: look for the server of this machine. @throws ConfigurationError */
export function readServerUrl(): string {
  return readText('server.url');
}

/** The servers beside the main one, and what is wrong with those that cannot be used. */
export function readServerList(): ServerList {
  const main = readSetting('server.url');
  return parseServerList(readSetting('servers'), typeof main === 'string' ? main : '');
}

/** Milliseconds. A wrong value must not stop the views, so the default stands in for it. */
export function readRefreshInterval(): number {
  return readSeconds('refreshInterval');
}

/** In milliseconds; for servers whose entry says nothing else. */
export function readMcpTimeouts(): { readonly startMs: number; readonly callMs: number } {
  return { startMs: readSeconds('mcp.startTimeout'), callMs: readSeconds('mcp.callTimeout') };
}

/** In milliseconds. */
function readSeconds(key: 'refreshInterval' | 'mcp.startTimeout' | 'mcp.callTimeout'): number {
  const value = readSetting(key);
  const isUsable = typeof value === 'number' && Number.isFinite(value) && value >= 1;
  return (isUsable ? value : SETTING_DEFAULTS[key]) * 1000;
}

function readText(key: SettingKey): string {
  const value = readSetting(key) ?? '';
  if (typeof value !== 'string') throw wrong(key, 'a text', value);
  return value.trim();
}

function readNumber(key: SettingKey, minimum: number, isWhole = true): number {
  const value = readSetting(key) ?? SETTING_DEFAULTS[key];
  const fits = typeof value === 'number' && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value));
  if (!fits || value < minimum) throw wrong(key, `a ${isWhole ? 'whole ' : ''}number of at least ${minimum}`, value);
  return value;
}

function wrong(key: SettingKey, expected: string, value: unknown): ConfigurationError {
  const name = `${SETTINGS_SECTION}.${key}`;
  return new ConfigurationError('usage', `The setting ${name} must be ${expected}; it is ${JSON.stringify(value)}.`, {
    hint: 'Correct it in the settings.',
  });
}

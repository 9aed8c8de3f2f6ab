/** The settings as the code needs them: checked, in its own units. */
import * as l10n from '@vscode/l10n';
import { ConfigurationError } from '../../base/errors';
import { TOOL_CALL_MODES, type ToolCallMode } from '../../llm/toolCallMode';
import { USER_PRODUCTS, type UserProduct } from '../../mcp/sources';
import { SUBSTITUTION_MODES, type SubstitutionMode } from '../../policy/substitution';
import { type Retention, retention } from '../../tasks/retention';
import { SETTING_DEFAULTS, type SettingKey } from '../ids';
import { parseServerList, type ServerList } from '../models/serverList';
import { SETTING_RULES, settingProblem } from './settingRules';
import { readSetting } from '../typed';

/** What a task may use up when nobody says otherwise. */
export interface TaskLimits {
  readonly maxRounds: number;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number | undefined;
}

/** @throws ConfigurationError `usage` that names the setting and what it must be */
export function readLimits(): TaskLimits {
  return limitsOf(readNumber);
}

/** For what is said of a task that has ended: the default stands in for a wrong value. */
export function readLimitsOrDefaults(): TaskLimits {
  return limitsOf(readNumberOrDefault);
}

function limitsOf(read: (key: NumberKey) => number): TaskLimits {
  const maxTokens = read('task.maxTokens');
  const timeoutMinutes = read('task.timeoutMinutes');
  return {
    maxRounds: read('task.maxRounds'),
    maxTokens: maxTokens === 0 ? undefined : maxTokens,
    timeoutMs: timeoutMinutes === 0 ? undefined : timeoutMinutes * 60_000,
  };
}

/** Which journals of ended tasks are kept. @throws ConfigurationError `usage` */
export function readRetention(): Retention {
  return retention(readNumber('task.journalCount'), readNumber('task.journalDays'));
}

/** How models come into memory; undefined: as LM Studio is set. */
export interface LoadSettings {
  /** Tokens. */
  readonly contextLength: number | undefined;
  readonly ttlSeconds: number | undefined;
}

/** @throws ConfigurationError `usage` */
export function readLoadSettings(): LoadSettings {
  const contextLength = readNumber('load.contextLength');
  const ttlMinutes = readNumber('load.ttlMinutes');
  return {
    contextLength: contextLength === 0 ? undefined : contextLength,
    ttlSeconds: ttlMinutes === 0 ? undefined : Math.max(1, Math.round(ttlMinutes * 60)),
  };
}

/** @throws ConfigurationError `usage` */
export function readToolCalls(): ToolCallMode {
  return readOneOf('toolCalls', TOOL_CALL_MODES);
}

/** @throws ConfigurationError `usage` */
export function readSubstitutionMode(): SubstitutionMode {
  return readOneOf('onModelSubstitution', SUBSTITUTION_MODES);
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
  return readNumberOrDefault('approvals.refuseAfterMinutes');
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

type NumberKey = {
  [K in SettingKey]: (typeof SETTING_DEFAULTS)[K] extends number ? K : never;
}[SettingKey];

/** In milliseconds. */
function readSeconds(key: 'refreshInterval' | 'mcp.startTimeout' | 'mcp.callTimeout'): number {
  return readNumberOrDefault(key) * 1000;
}

function readNumberOrDefault(key: NumberKey): number {
  const value = readSetting(key);
  return typeof value === 'number' && SETTING_RULES[key].fits(value) ? value : SETTING_DEFAULTS[key];
}

function readText(key: SettingKey): string {
  const value = readChecked(key);
  return typeof value === 'string' ? value.trim() : '';
}

function readNumber(key: NumberKey): number {
  return Number(readChecked(key));
}

function readOneOf<T extends string>(key: SettingKey, known: readonly T[]): T {
  const value = readChecked(key);
  return known.find((word) => word === value) ?? fail(key, value);
}

function readChecked(key: SettingKey): unknown {
  const value = readSetting(key) ?? SETTING_DEFAULTS[key];
  return SETTING_RULES[key].fits(value) ? value : fail(key, value);
}

function fail(key: SettingKey, value: unknown): never {
  throw new ConfigurationError('usage', settingProblem(key, value) ?? key, {
    hint: l10n.t('Correct it in the settings.'),
  });
}

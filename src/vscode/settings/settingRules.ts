/**
 * What each setting must be, and what is said where it is something else: package.json tells the settings editor the same
 * (test/settings.test.ts compares them), but a settings file can hold anything. Pure, and light: it is read at the start.
 */
import * as l10n from '@vscode/l10n';
import { normalizeServerUrl } from '../../llm/lmstudio/serverUrl';
import { TOOL_CALL_MODES } from '../../llm/toolCallMode';
import { USER_PRODUCTS } from '../../mcp/sources';
import { APPROVAL_POLICIES } from '../../policy/approvalPolicy';
import { SUBSTITUTION_MODES } from '../../policy/substitution';
import { type SettingKey, SETTINGS_SECTION } from '../ids';
import { parseServerList } from '../models/serverList';
import { shownValue } from './settingValue';

export interface SettingRule {
  readonly fits: (value: unknown) => boolean;
  /** One sentence that names the setting, what it must be and what it is. */
  readonly problem: (name: string, value: string) => string;
}

const TEXT: SettingRule = {
  fits: (value) => typeof value === 'string',
  problem: (name, value) => l10n.t('The setting {0} must be a text; it is {1}.', name, value),
};

const SWITCH: SettingRule = {
  fits: (value) => typeof value === 'boolean',
  problem: (name, value) => l10n.t('The setting {0} must be true or false; it is {1}.', name, value),
};

const ADDRESS: SettingRule = {
  fits: (value) => typeof value === 'string' && (value.trim() === '' || isAddress(value)),
  problem: (name, value) =>
    l10n.t(
      'The setting {0} must be the address of a server without a user name, such as http://127.0.0.1:1234, or empty; it is {1}.',
      name,
      value,
    ),
};

const NAMES: SettingRule = {
  fits: (value) => isList(value, (item) => item.trim() !== ''),
  problem: (name, value) => l10n.t('The setting {0} must be a list of names; it is {1}.', name, value),
};

/** Absolute, or below the person's home, on any platform: settings travel. */
const PATH = /^\s*(~$|~[/\\]|\/|[A-Za-z]:[/\\]|\\\\)/;

const FILES: SettingRule = {
  fits: (value) => isList(value, (item) => PATH.test(item)),
  problem: (name, value) =>
    l10n.t('The setting {0} must be a list of absolute paths, or of such that begin with ~/; it is {1}.', name, value),
};

const PRODUCTS: SettingRule = {
  fits: (value) => isList(value, (item) => USER_PRODUCTS.some((product) => product === item)),
  problem: (name, value) =>
    l10n.t('The setting {0} must be a list of {1}; it is {2}.', name, quoted(USER_PRODUCTS), value),
};

const SERVERS: SettingRule = {
  fits: (value) => isObject(value) && Object.values(value).every(isObject),
  problem: (name, value) =>
    l10n.t(
      'The setting {0} must be an object with an entry for each MCP server, as in a .mcp.json; it is {1}.',
      name,
      value,
    ),
};

/** What is wrong with an entry stands above the models in detail. */
const SERVER_LIST: SettingRule = {
  fits: (value) => Array.isArray(value) && parseServerList(value).problems.length === 0,
  problem: (name, value) =>
    l10n.t(
      'The setting {0} must be a list of servers, each with a "name" of its own and an address as "url"; it is {1}.',
      name,
      value,
    ),
};

export const SETTING_RULES: Readonly<Record<SettingKey, SettingRule>> = {
  'server.url': ADDRESS,
  model: TEXT,
  'load.contextLength': wholeNumber(0),
  'load.ttlMinutes': anyNumber(0),
  'lms.enabled': SWITCH,
  'task.maxRounds': wholeNumber(1),
  'task.maxTokens': wholeNumber(0),
  'task.timeoutMinutes': anyNumber(0),
  'approvals.whenUnattended': oneOf(['wait', 'refuse']),
  'approvals.refuseAfterMinutes': anyNumber(0),
  'approvals.policy': oneOf(APPROVAL_POLICIES),
  'approvals.deny': NAMES,
  'tools.vscode': NAMES,
  toolCalls: oneOf(TOOL_CALL_MODES),
  'mcp.servers': SERVERS,
  'mcp.startTimeout': anyNumber(1),
  'mcp.callTimeout': anyNumber(1),
  'mcp.files': FILES,
  'mcp.products': PRODUCTS,
  'task.journalCount': wholeNumber(0),
  'task.journalDays': anyNumber(0),
  servers: SERVER_LIST,
  'task.show': oneOf(['document', 'output', 'nothing']),
  onModelSubstitution: oneOf(SUBSTITUTION_MODES),
  refreshInterval: anyNumber(1),
};

/** The sentence about a value that does not fit; undefined where it does. */
export function settingProblem(key: SettingKey, value: unknown): string | undefined {
  const { fits, problem } = SETTING_RULES[key];
  return fits(value) ? undefined : problem(`${SETTINGS_SECTION}.${key}`, shownValue(value));
}

function wholeNumber(minimum: number): SettingRule {
  return {
    fits: (value) => Number.isSafeInteger(value) && Number(value) >= minimum,
    problem: (name, value) =>
      l10n.t('The setting {0} must be a whole number of at least {1}; it is {2}.', name, minimum, value),
  };
}

function anyNumber(minimum: number): SettingRule {
  return {
    fits: (value) => Number.isFinite(value) && Number(value) >= minimum,
    problem: (name, value) =>
      l10n.t('The setting {0} must be a number of at least {1}; it is {2}.', name, minimum, value),
  };
}

function oneOf(known: readonly string[]): SettingRule {
  return {
    fits: (value) => known.some((word) => word === value),
    problem: (name, value) => l10n.t('The setting {0} must be one of {1}; it is {2}.', name, quoted(known), value),
  };
}

function quoted(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(', ');
}

function isList(value: unknown, fits: (item: string) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && fits(item));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAddress(text: string): boolean {
  try {
    normalizeServerUrl(text);
    return true;
  } catch {
    return false;
  }
}

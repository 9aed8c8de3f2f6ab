/**
 * Which setting took the place of which older name. So far no setting of this extension was ever renamed; the names are
 * those of its predecessor (docs/predecessor.md), where they were environment variables. Pure.
 */
import type { OlderSetting, SettingKey } from '../ids';
import { SETTING_RULES } from './settingRules';

export interface Move {
  /** They go together: the new value is made of all that are there. */
  readonly from: readonly OlderSetting[];
  readonly to: SettingKey;
  /** What the new setting is, from the old values in the order of `from`; it still has to fit. */
  readonly convert: (...values: readonly unknown[]) => unknown;
}

export const MOVES: readonly Move[] = [
  { from: ['LMSTUDIO_HOST', 'LMSTUDIO_PORT'], to: 'server.url', convert: toAddress },
  { from: ['DEFAULT_MODEL'], to: 'model', convert: (value) => (value === 'default' ? '' : value) },
  { from: ['MCP_JSON_PATH'], to: 'mcp.files', convert: (value) => [value] },
];

/** The new value; undefined where nothing that fits can be made of the old ones. */
export function movedValue({ to, convert }: Move, values: readonly unknown[]): unknown {
  const value = convert(...values);
  return SETTING_RULES[to].fits(value) ? value : undefined;
}

/** Its defaults were localhost and 1234; a host was a bare name. */
function toAddress(host: unknown = 'localhost', port: unknown = 1234): unknown {
  return typeof host === 'string' && host.trim() !== '' && isPort(port) ? `http://${host.trim()}:${port}` : undefined;
}

function isPort(value: unknown): value is string | number {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535;
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { OLDER_SETTINGS, SETTING_DEFAULTS, type SettingKey } from '../../../../src/vscode/ids';
import { MOVES, movedValue } from '../../../../src/vscode/settings/olderSettings';
import { SETTING_RULES, settingProblem } from '../../../../src/vscode/settings/settingRules';

interface Manifest {
  readonly contributes: {
    readonly configuration: readonly { readonly properties: Readonly<Record<string, object>> }[];
  };
}

const file = join(resolve(__dirname, '../../../..'), 'package.json');
const { contributes } = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
const schemas = Object.assign({}, ...contributes.configuration.map(({ properties }) => properties)) as Readonly<
  Record<string, object>
>;
const ajv = new Ajv({ strict: false, unicodeRegExp: false });
const keys = Object.keys(SETTING_DEFAULTS) as SettingKey[];

/** What people may write into a settings file, with more of what is nearly right. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.integer({ min: -2, max: 100 }),
  fc.double({ min: -2, max: 100, noNaN: true }),
  fc.boolean(),
  fc.constantFrom('', ' ', 'wait', 'refuse', 'ask', 'auto', 'stop', 'warn', 'native'),
  fc.uniqueArray(fc.constantFrom('', ' ', 'a', '~/a', '/a', 'C:\\a', 'a/b', 'lm-studio', 'vscode', 'emacs'), {
    maxLength: 4,
  }),
  fc.dictionary(fc.string(), fc.oneof(fc.constant({}), fc.jsonValue()), { maxKeys: 3 }),
);

describe('the rules of the settings', () => {
  for (const key of keys) {
    // Of an entry the schema knows more than the rule: the Problems panel tells of its fields, with their places.
    const isOneWay = key === 'mcp.servers' || key === 'server.url';

    it(`say the same as the settings editor: ${key}`, () => {
      const schema = schemas[`lmstudioBridge.${key}`];
      assert.ok(schema);
      const isOfSchema = ajv.compile(schema);
      const { fits } = SETTING_RULES[key];
      assert.ok(fits(SETTING_DEFAULTS[key]));
      assert.ok(isOfSchema(SETTING_DEFAULTS[key]));
      fc.assert(
        fc.property(anything, (value) => {
          if (Array.isArray(value) && new Set(value).size < value.length) return;
          if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return;
          if (key === 'server.url' && typeof value === 'string') return;
          const isRight = fits(value);
          if (!isOneWay || !isRight) assert.equal(isOfSchema(value), isRight, JSON.stringify(value));
        }),
        { numRuns: 300 },
      );
    });
  }

  it('say the same as the settings editor of addresses', () => {
    const isOfSchema = ajv.compile(schemas['lmstudioBridge.server.url'] ?? {});
    const right = [
      '',
      ' ',
      'http://127.0.0.1:1234',
      'https://models.example.com/lm/v1',
      'HTTP://LOCALHOST:1234/v1/',
      'gpu-box',
      'gpu-box:1234',
      '192.168.1.5:1234/api/v0',
      'http://[::1]:1234',
      ' http://127.0.0.1:1234 ',
    ];
    const wrong = ['ftp://x', 'file:///etc/passwd', 'http://me:secret@host', 'me@host', 'http://', 'two words'];
    for (const value of right) assert.deepEqual([fitsAddress(value), isOfSchema(value)], [true, true], value);
    for (const value of wrong) assert.deepEqual([fitsAddress(value), isOfSchema(value)], [false, false], value);
    function fitsAddress(value: string): boolean {
      return SETTING_RULES['server.url'].fits(value);
    }
  });

  it('never repeat a password or a token, nor what cannot be seen, and stay short', () => {
    assert.match(settingProblem('server.url', 'http://me:hunter22@host') ?? '', /it is "http:\/\/…@host"\.$/);
    assert.doesNotMatch(settingProblem('task.maxRounds', 'sk-lm-abcdefgh:ABCDEFGHIJKLMNOPQRST') ?? '', /ABCDEF/);
    assert.doesNotMatch(settingProblem('toolCalls', 'evil\u202e') ?? '', /\u202e/);
    assert.ok((settingProblem('task.maxRounds', 'x'.repeat(5000)) ?? '').length < 300);
  });
});

describe('older settings', () => {
  const moved = (key: string, ...values: readonly unknown[]): unknown => {
    const move = MOVES.find(({ from }) => from.some((old) => old === key));
    assert.ok(move);
    return movedValue(move, values);
  };

  it('each have one that took their place', () => {
    assert.deepEqual(MOVES.flatMap(({ from }) => from).sort(), [...OLDER_SETTINGS].sort());
    for (const key of OLDER_SETTINGS) assert.ok(!(key in SETTING_DEFAULTS), key);
  });

  it('keep the value of the person', () => {
    assert.equal(moved('LMSTUDIO_HOST', 'gpu-box', 4321), 'http://gpu-box:4321');
    assert.equal(moved('LMSTUDIO_HOST', 'gpu-box', undefined), 'http://gpu-box:1234');
    assert.equal(moved('LMSTUDIO_HOST', undefined, '8080'), 'http://localhost:8080');
    assert.equal(moved('DEFAULT_MODEL', 'qwen/qwen3-8b'), 'qwen/qwen3-8b');
    assert.equal(moved('DEFAULT_MODEL', 'default'), '');
    assert.deepEqual(moved('MCP_JSON_PATH', '~/mcp.json'), ['~/mcp.json']);
  });

  it('are left alone where the value could not be used', () => {
    for (const [key, ...values] of [
      ['LMSTUDIO_HOST', '', 1234],
      ['LMSTUDIO_HOST', 'host', 0],
      ['LMSTUDIO_HOST', 'host', '1e3'],
      ['LMSTUDIO_HOST', 'me:secret@host', 1234],
      ['DEFAULT_MODEL', 5],
      ['MCP_JSON_PATH', 'relative.json'],
    ] as const)
      assert.equal(moved(key, ...values), undefined, JSON.stringify(values));
  });
});

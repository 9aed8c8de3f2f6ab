import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { SETTING_DEFAULTS, type SettingKey, SETTINGS_SECTION } from '../../src/vscode/ids';
import type { TestHooks } from '../../src/vscode/testHooks';
import type { Simulator } from '../simulator/server';
import { activated, connectSimulator, eventually, notices, setSetting, workspaceFolder } from './support';

const { ConfigurationTarget } = vscode;

describe('settings', () => {
  let hooks: TestHooks;
  let simulator: Simulator;

  before(async () => {
    hooks = await activated();
    simulator = await connectSimulator(hooks);
  });

  beforeEach(() => {
    hooks.dialogs.reset();
  });

  after(() => simulator.close());

  const settings = () => vscode.workspace.getConfiguration(SETTINGS_SECTION);
  const messages = (): string[] => notices(hooks).map(({ message }) => message);
  /** Of the log of this window. */
  const logLines = (): string[] =>
    readdirSync(hooks.logFolder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.log'))
      .flatMap((file) => readFileSync(join(hooks.logFolder, file), 'utf8').split('\n'));
  const logged = (pattern: RegExp): number => logLines().filter((line) => pattern.test(line)).length;

  describe('that are wrong', () => {
    const wrong: Readonly<Record<SettingKey, readonly [unknown, RegExp]>> = {
      'server.url': ['ftp://x', /must be the address of a server .*, or empty; it is "ftp:\/\/x"\.$/],
      model: [7, /must be a text; it is 7\.$/],
      'load.contextLength': [-1, /must be a whole number of at least 0; it is -1\.$/],
      'load.ttlMinutes': ['soon', /must be a number of at least 0; it is "soon"\.$/],
      'lms.enabled': ['yes', /must be true or false; it is "yes"\.$/],
      'task.maxRounds': [0, /must be a whole number of at least 1; it is 0\.$/],
      'task.maxTokens': [1.5, /must be a whole number of at least 0; it is 1\.5\.$/],
      'task.timeoutMinutes': [-1, /must be a number of at least 0; it is -1\.$/],
      'approvals.whenUnattended': ['go on', /must be one of "wait", "refuse"; it is "go on"\.$/],
      'approvals.refuseAfterMinutes': [true, /must be a number of at least 0; it is true\.$/],
      'approvals.policy': ['never', /must be one of "allow-reads-of-trusted", "ask", "ask-always"; it is "never"\.$/],
      'approvals.deny': ['files', /must be a list of names; it is "files"\.$/],
      'tools.vscode': [[1], /must be a list of names; it is \[1\]\.$/],
      toolCalls: ['magic', /must be one of "auto", "native", "prompted"; it is "magic"\.$/],
      'mcp.servers': [
        { files: 'npx' },
        /must be an object with an entry for each MCP server.*it is \{"files":"npx"\}\.$/,
      ],
      'mcp.startTimeout': [0, /must be a number of at least 1; it is 0\.$/],
      'mcp.callTimeout': [0.5, /must be a number of at least 1; it is 0\.5\.$/],
      'mcp.files': [['here.json'], /must be a list of absolute paths, .*; it is \["here\.json"\]\.$/],
      'mcp.products': [['emacs'], /must be a list of "lm-studio", .*; it is \["emacs"\]\.$/],
      'task.journalCount': [0.5, /must be a whole number of at least 0; it is 0\.5\.$/],
      'task.journalDays': [-3, /must be a number of at least 0; it is -3\.$/],
      'task.show': ['window', /must be one of "document", "output", "nothing"; it is "window"\.$/],
      servers: [[{ name: 'lab' }], /must be a list of servers, .*; it is \[\{"name":"lab"\}\]\.$/],
      onModelSubstitution: ['ignore', /must be one of "warn", "stop"; it is "ignore"\.$/],
      refreshInterval: [0, /must be a number of at least 1; it is 0\.$/],
    };

    for (const [key, [value, message]] of Object.entries(wrong) as [SettingKey, readonly [unknown, RegExp]][]) {
      it(`are told once when they are written: ${key}`, async () => {
        const before = settings().inspect<unknown>(key)?.globalValue;
        await setSetting(key, value);
        try {
          await eventually(() => assert.equal(notices(hooks).length, 1));
          const [notice] = notices(hooks);
          assert.ok(notice);
          assert.ok(notice.message.startsWith(`The setting lmstudioBridge.${key} must be `), notice.message);
          assert.match(notice.message, message);
          assert.deepEqual([notice.level, notice.actions], ['error', ['Open Settings']]);
        } finally {
          await setSetting(key, before);
        }
        assert.equal(notices(hooks).length, 1, 'nothing is said of the right value');
      });
    }

    it('are told together where one change makes several wrong', async () => {
      const file = vscode.Uri.file(join(workspaceFolder(), '.vscode', 'settings.json'));
      const bytes = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
      await vscode.workspace.fs.writeFile(file, bytes({ 'lmstudioBridge.model': 1, 'lmstudioBridge.mcp.servers': [] }));
      try {
        await eventually(() => assert.equal(messages().length, 1));
        assert.match(
          messages()[0] ?? '',
          /^The setting lmstudioBridge\.model .* it is 1\. Another setting is wrong too\.$/,
        );
      } finally {
        await vscode.workspace.fs.writeFile(file, bytes({}));
        await eventually(() => assert.equal(settings().inspect('model')?.workspaceValue, undefined));
        await vscode.workspace.fs.delete(file);
      }
    });

    it('are no reason to repeat a password', async () => {
      await setSetting('server.url', 'http://me:hunter22@example.com');
      await eventually(() => assert.match(messages()[0] ?? '', /it is "http:\/\/…@example\.com"\.$/));
      await setSetting('server.url', simulator.url);
      assert.equal(logged(/hunter22/), 0);
    });
  });

  it('are all there, with a default, and nothing dangerous can be set by a workspace', async () => {
    for (const [key, value] of Object.entries(SETTING_DEFAULTS)) {
      assert.deepEqual(settings().inspect(key)?.defaultValue, value, key);
    }
    for (const key of ['server.url', 'lms.enabled', 'tools.vscode', 'mcp.files', 'approvals.whenUnattended']) {
      await assert.rejects(async () => settings().update(key, true, ConfigurationTarget.Workspace), key);
    }
  });

  describe('under the names of the predecessor', () => {
    const server = (): string => simulator.url;

    after(() => setSetting('server.url', server()));

    it("move to today's, once, and the log says so", async () => {
      await setSetting('server.url', undefined);
      const { hostname, port } = new URL(server());
      assert.equal(settings().inspect('LMSTUDIO_HOST')?.globalValue, undefined, 'its default was localhost');
      await settings().update('LMSTUDIO_PORT', Number(port), ConfigurationTarget.Global);
      await eventually(() =>
        assert.equal(settings().inspect('server.url')?.globalValue, `http://localhost:${port}`, hostname),
      );
      await eventually(() => assert.equal(settings().inspect('LMSTUDIO_PORT')?.globalValue, undefined));
      const told =
        /LMSTUDIO_HOST and lmstudioBridge\.LMSTUDIO_PORT in your settings was moved to lmstudioBridge\.server\.url/;
      await eventually(() => assert.equal(logged(told), 1));
    });

    it('move within the settings of the workspace', async () => {
      await settings().update('DEFAULT_MODEL', 'openai/gpt-oss-20b', ConfigurationTarget.Workspace);
      await eventually(() => assert.equal(settings().inspect('model')?.workspaceValue, 'openai/gpt-oss-20b'));
      await eventually(() => assert.equal(settings().inspect('DEFAULT_MODEL')?.workspaceValue, undefined));
      assert.equal(settings().inspect('model')?.globalValue, undefined);
      await eventually(() => assert.equal(logged(/DEFAULT_MODEL in the settings of the workspace was moved to/), 1));
      await settings().update('model', undefined, ConfigurationTarget.Workspace);
    });

    it('give way to a value that is there already', async () => {
      await setSetting('mcp.files', ['/somewhere/.mcp.json']);
      await settings().update('MCP_JSON_PATH', '/elsewhere/.mcp.json', ConfigurationTarget.Global);
      await eventually(() => assert.equal(settings().inspect('MCP_JSON_PATH')?.globalValue, undefined));
      assert.deepEqual(settings().inspect('mcp.files')?.globalValue, ['/somewhere/.mcp.json']);
      await eventually(() =>
        assert.equal(logged(/MCP_JSON_PATH in your settings was removed, because .* is set there/), 1),
      );
      await setSetting('mcp.files', undefined);
    });

    it('stay where nothing can be made of them, and the log says so', async () => {
      await settings().update('MCP_JSON_PATH', 'relative.json', ConfigurationTarget.Global);
      await eventually(() => assert.ok(logged(/MCP_JSON_PATH in your settings has no effect/) >= 1));
      assert.equal(settings().inspect('MCP_JSON_PATH')?.globalValue, 'relative.json');
      assert.equal(settings().inspect('mcp.files')?.globalValue, undefined);
      await settings().update('MCP_JSON_PATH', undefined, ConfigurationTarget.Global);
    });
  });
});

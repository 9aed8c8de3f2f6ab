/** package.json and the typed ids of src/vscode/ids.ts say the same. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import {
  COMMANDS,
  CONTEXT_KEYS,
  EXTENSION_ID,
  MODELS_VIEW,
  OUTPUT_CHANNEL,
  SERVERS_VIEW,
  SETTING_DEFAULTS,
  SETTINGS_SECTION,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../src/vscode/ids';

const ROOT = resolve(__dirname, '..');

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope?: string;
  readonly minimum?: number;
  readonly description?: string;
  readonly markdownDescription?: string;
}

interface MenuItem {
  readonly command: string;
  readonly when?: string;
}

interface Walkthrough {
  readonly id: string;
  readonly icon: string;
  readonly steps: readonly {
    readonly id: string;
    readonly description: string;
    readonly when?: string;
    readonly media: { readonly svg: string; readonly altText: string };
    readonly completionEvents: readonly string[];
  }[];
}

interface Manifest {
  readonly name: string;
  readonly displayName: string;
  readonly publisher: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: {
    readonly untrustedWorkspaces: {
      readonly supported: string;
      readonly description: string;
      readonly restrictedConfigurations: readonly string[];
    };
    readonly virtualWorkspaces: { readonly supported: string; readonly description: string };
  };
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category: string }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly viewsWelcome: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
    readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
    readonly keybindings: readonly MenuItem[];
    readonly walkthroughs: readonly Walkthrough[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, Setting>> }[];
  };
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;
const { contributes, capabilities } = manifest;
const settings = Object.fromEntries(contributes.configuration.flatMap(({ properties }) => Object.entries(properties)));
const commandIds: readonly string[] = Object.values(COMMANDS);

describe('package.json', () => {
  it('has the identity that the code knows', () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, EXTENSION_ID);
    assert.equal(manifest.displayName, OUTPUT_CHANNEL);
  });

  it('contributes exactly the commands that the code registers', () => {
    assert.deepEqual(contributes.commands.map(({ command }) => command).sort(), [...commandIds].sort());
    for (const { category, title } of contributes.commands) {
      assert.equal(category, 'LM Studio');
      assert.notEqual(title.trim(), '');
    }
  });

  it('contributes the view in its container', () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [VIEW_CONTAINER],
    );
    assert.deepEqual(
      Object.entries(contributes.views).map(([container, views]) => [container, views.map(({ id }) => id)]),
      [[VIEW_CONTAINER, [MODELS_VIEW, SERVERS_VIEW]]],
    );
  });

  it('contributes exactly the settings that the code reads, with the same defaults', () => {
    const expected = Object.entries(SETTING_DEFAULTS).map(([key, value]) => [`${SETTINGS_SECTION}.${key}`, value]);
    assert.deepEqual(
      Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting.default])),
      Object.fromEntries(expected),
    );
    for (const [key, { description, markdownDescription }] of Object.entries(settings)) {
      assert.ok(description ?? markdownDescription, `${key} needs a description`);
    }
  });

  it('keeps a workspace from choosing the server or loosening a limit', () => {
    const matching = Object.keys(settings).filter((key) =>
      /\.(server|task|lms|approvals|tools)\.|Substitution$/.test(key),
    );
    // All their values count together, so that a workspace can only make them stricter (src/policy/approvalPolicy.ts).
    const tightened = matching.filter((key) => /\.approvals\.(policy|deny)$/.test(key));
    assert.equal(tightened.length, 2);
    for (const key of tightened) assert.equal(settings[key]?.scope, 'resource', key);
    const guarded = matching.filter((key) => !tightened.includes(key));
    assert.equal(guarded.length, 11);
    for (const key of guarded) {
      assert.equal(settings[key]?.scope, 'machine', key);
      assert.ok(capabilities.untrustedWorkspaces.restrictedConfigurations.includes(key), key);
    }
    assert.ok(!Object.keys(settings).some((key) => /token$|secret|password/i.test(key)), 'secrets are no settings');
  });

  it('says what works without trust, and restricts only settings that exist', () => {
    const { untrustedWorkspaces, virtualWorkspaces } = capabilities;
    assert.equal(untrustedWorkspaces.supported, 'limited');
    assert.match(untrustedWorkspaces.description, /not trusted/);
    for (const key of untrustedWorkspaces.restrictedConfigurations) assert.ok(key in settings, key);
    assert.equal(virtualWorkspaces.supported, 'limited');
    assert.notEqual(virtualWorkspaces.description, '');
  });

  it('names only commands, views and context keys that exist', () => {
    const items = [...Object.values(contributes.menus).flat(), ...contributes.keybindings];
    for (const { command } of items) assert.ok(commandIds.includes(command), command);
    const conditions = [...items.map(({ when }) => when ?? ''), ...contributes.viewsWelcome.map(({ when }) => when)];
    const known = [MODELS_VIEW, SERVERS_VIEW, ...CONTEXT_KEYS];
    for (const condition of conditions) {
      for (const [id] of condition.matchAll(/lmstudioBridge\.[\w.]+/g))
        assert.ok(
          known.some((key) => key === id),
          id,
        );
    }
    for (const { view, contents } of contributes.viewsWelcome) {
      assert.ok(view === MODELS_VIEW || view === SERVERS_VIEW, view);
      for (const [, id] of contents.matchAll(/\(command:(lmstudioBridge\.[\w.]+)\)/g))
        assert.ok(commandIds.includes(id ?? ''), id);
    }
  });

  it('has a welcome text for every state of the server', () => {
    const states = ['unknown', 'online', 'offline', 'auth', 'wrong-server', 'misconfigured'];
    const ofModels = contributes.viewsWelcome.filter(({ view }) => view === MODELS_VIEW);
    const plain = ofModels.filter(({ when }) => !when.includes('&&'));
    assert.deepEqual(plain.map(({ when }) => when.split(' == ')[1]).sort(), states.sort());
  });

  it('has a welcome text for every reason why there are no MCP servers', () => {
    const ofServers = contributes.viewsWelcome.filter(({ view }) => view === SERVERS_VIEW);
    const reasons = ['reading', 'no-folder', 'untrusted', 'none', 'broken'];
    assert.deepEqual(
      ofServers.map(({ when }) => when),
      reasons.map((reason) => `lmstudioBridge.mcpWelcome == ${reason}`),
    );
  });

  it('leads through the first steps with commands, conditions and pictures that exist', () => {
    const [walkthrough, ...others] = contributes.walkthroughs;
    assert.ok(walkthrough && others.length === 0);
    assert.equal(walkthrough.id, WALKTHROUGH);
    const { steps } = walkthrough;
    assert.equal(new Set(steps.map(({ id }) => id)).size, steps.length);
    for (const { id, description, when = '', media, completionEvents } of steps) {
      assert.ok(existsSync(join(ROOT, media.svg)) && media.altText !== '', id);
      // A colour of its own would vanish in one theme or another.
      const colours = readFileSync(join(ROOT, media.svg), 'utf8').matchAll(/(?:fill|stroke)="([^"]*)"/g);
      for (const [, colour = ''] of colours) assert.match(colour, /^(none|var\(--vscode-.*)$/, id);
      for (const [, command] of description.matchAll(/\(command:([\w.]+)\)/g))
        assert.ok(commandIds.includes(command ?? ''), `${id}: ${String(command)}`);
      // src/vscode/firstRun/stepRounds.ts says why one condition is not enough.
      const [condition = '', ...rounds] = completionEvents;
      assert.match(condition, /^onContext:/, id);
      const both = ['odd', 'even'].map((round) => `${condition} && lmstudioBridge.stepRound == ${round}`);
      assert.deepEqual(rounds, both, id);
      const keys = [...[when, ...completionEvents].join(' ').matchAll(/lmstudioBridge\.\w+/g)].map(([key]) => key);
      for (const key of keys)
        assert.ok(
          CONTEXT_KEYS.some((known) => known === key),
          key,
        );
    }
  });

  it('starts with the window, so that the status bar is there', () => {
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished']);
  });

  it('names pictures that exist', () => {
    const icons = [manifest.icon, ...contributes.viewsContainers.activitybar.map(({ icon }) => icon)];
    for (const icon of icons) assert.ok(existsSync(join(ROOT, icon)), icon);
  });
});

describe('activation', () => {
  it('loads no library and no agent, tool or server code: they come with their first use', async () => {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: ['src/extension.ts'],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['vscode'],
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    const loaded = new Set<string>();
    const follow = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { path, kind, external } of metafile.inputs[file]?.imports ?? []) {
        if (kind !== 'dynamic-import' && !external) follow(path);
      }
    };
    follow('src/extension.ts');
    assert.ok(loaded.size > 20);
    const heavy =
      /node_modules\/(?!@vscode\/l10n\/)|^src\/agent\/|^src\/llm\/(wire|http)|lmstudio\/(server|catalog|listings|lifecycle|lmsCli)\./;
    assert.deepEqual(
      [...loaded].filter((file) => heavy.test(file)),
      [],
    );
  });
});

/** package.json and the typed ids of src/vscode/ids.ts say the same. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import {
  COMMANDS,
  CONTEXT_KEYS,
  EXTENSION_ID,
  MODELS_VIEW,
  OLDER_SETTINGS,
  OUTPUT_CHANNEL,
  SERVERS_VIEW,
  SETTING_DEFAULTS,
  SETTINGS_SECTION,
  TASKS_VIEW,
  VIEW_CONTAINER,
  WALKTHROUGH,
} from '../src/vscode/ids';
import { COMFORTABLE_CONTEXT } from '../src/tasks/doctorProbe';
import { readManifest, readTexts, ROOT } from './support/manifest';

interface Setting {
  readonly type: string;
  readonly default: unknown;
  readonly scope?: string;
  readonly minimum?: number;
  readonly description?: string;
  readonly markdownDescription?: string;
  readonly deprecationMessage?: string;
  readonly order?: number;
  readonly enum?: readonly unknown[];
  readonly enumDescriptions?: readonly string[];
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
  readonly items?: Setting;
}

interface SettingGroup {
  readonly id: string;
  readonly title: string;
  readonly order: number;
  readonly properties: Readonly<Record<string, Setting>>;
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
    readonly configuration: readonly SettingGroup[];
    readonly languageModelChatProviders: readonly { readonly displayName: string }[];
  };
}

const manifest = readManifest() as Manifest;
const { contributes, capabilities } = manifest;
const all = Object.fromEntries(contributes.configuration.flatMap(({ properties }) => Object.entries(properties)));
const isOlder = (key: string): boolean => OLDER_SETTINGS.some((older) => key === `${SETTINGS_SECTION}.${older}`);
const settings = Object.fromEntries(Object.entries(all).filter(([key]) => !isOlder(key)));
/** Those that a workspace may set, and why that does no harm. All others are the person's alone. */
const OF_WORKSPACE: Readonly<Record<string, string>> = {
  'lmstudioBridge.model': 'one of the models that the person has',
  'lmstudioBridge.toolCalls': 'the same tools, described in another way',
  'lmstudioBridge.load.contextLength': 'LM Studio refuses what does not fit; off without trust',
  'lmstudioBridge.load.ttlMinutes': 'memory for as long as somebody says; off without trust',
  'lmstudioBridge.approvals.policy': 'only stricter: all values count (src/policy/approvalPolicy.ts)',
  'lmstudioBridge.approvals.deny': 'only more: all values count',
  'lmstudioBridge.mcp.servers': 'as an .mcp.json: nothing starts without consent, and none is read without trust',
  'lmstudioBridge.mcp.startTimeout': 'patience',
  'lmstudioBridge.mcp.callTimeout': 'patience',
  'lmstudioBridge.refreshInterval': 'once a second at most',
  'lmstudioBridge.task.show': 'what opens when a task starts harms nobody',
};
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
      [[VIEW_CONTAINER, [MODELS_VIEW, SERVERS_VIEW, TASKS_VIEW]]],
    );
  });

  it('contributes exactly the settings that the code reads, with the same defaults', () => {
    const expected = Object.entries(SETTING_DEFAULTS).map(([key, value]) => [`${SETTINGS_SECTION}.${key}`, value]);
    assert.deepEqual(
      Object.fromEntries(Object.entries(settings).map(([key, setting]) => [key, setting.default])),
      Object.fromEntries(expected),
    );
    assert.deepEqual(Object.keys(all).filter(isOlder).length, OLDER_SETTINGS.length);
  });

  it('shows the settings in groups, in order, each with its meaning', () => {
    const { configuration } = contributes;
    assert.deepEqual(
      configuration.map(({ title }) => title),
      ['Server', 'Models', 'Tasks', 'Approvals', 'MCP Servers', 'Views', 'Older Names'],
    );
    const ordersOf = (items: readonly { readonly order?: number }[]): readonly number[] =>
      items.map(({ order }) => order ?? NaN);
    for (const orders of [
      ordersOf(configuration),
      ...configuration.map((one) => ordersOf(Object.values(one.properties))),
    ])
      assert.deepEqual(
        orders,
        [...new Set(orders)].sort((a, b) => a - b),
      );
    for (const [key, setting] of Object.entries(settings)) {
      assert.ok((setting.markdownDescription ?? setting.description ?? '').length > 40, `${key} needs a description`);
      for (const { enum: values, enumDescriptions, pattern, patternErrorMessage } of [
        setting,
        setting.items ?? setting,
      ]) {
        assert.equal(enumDescriptions?.length, values?.length, `${key} explains each of its values`);
        assert.equal(patternErrorMessage === undefined, pattern === undefined, `${key} says what its pattern wants`);
      }
    }
    for (const [key, { deprecationMessage, ...rest }] of Object.entries(all).filter(([name]) => isOlder(name))) {
      assert.match(deprecationMessage ?? '', /is lmstudioBridge\.[\w.]+ now/, key);
      assert.ok(!('default' in rest), `${key} has no default: it would look like a setting`);
    }
  });

  it('links only to settings and commands that there are', () => {
    for (const [key, { markdownDescription = '' }] of Object.entries(settings)) {
      for (const [, id = ''] of markdownDescription.matchAll(/`#([^#`]+)#`/g))
        assert.ok(id in settings, `${key}: ${id}`);
      for (const [, id = ''] of markdownDescription.matchAll(/\(command:([\w.]+)/g))
        assert.ok(commandIds.includes(id), `${key}: ${id}`);
    }
  });

  it('names one number of tokens for tasks, in every language and in the guides', () => {
    for (const [language, file] of Object.entries({ en: 'package.nls.json', de: 'package.nls.de.json' })) {
      const number = COMFORTABLE_CONTEXT.toLocaleString(language);
      const texts = readTexts(file);
      for (const key of [
        'configuration.load.contextLength.markdownDescription',
        'walkthroughs.firstSteps.steps.model.description',
        'walkthroughs.firstSteps.steps.modelWithSignIn.description',
      ])
        assert.match(texts[key] ?? '', new RegExp(`\\s${number}\\s`), `${file}: ${key}`);
    }
    for (const page of ['user-guide.md', 'troubleshooting.md'])
      assert.match(readFileSync(join(ROOT, 'docs', page), 'utf8'), /\s16,384 tokens/, page);
  });

  it('says when lms runs, by itself and where it is not allowed', () => {
    const text = settings['lmstudioBridge.lms.enabled']?.markdownDescription ?? '';
    assert.match(text, /by itself after each load that you make/);
    assert.match(text, /Where this is off, it runs only for \*Start LM Studio's Server\*, which then asks first\./);
  });

  it("calls the group of our models in the chat's picker by its name", () => {
    const [provider] = contributes.languageModelChatProviders;
    const told = Object.keys(readTexts('l10n/bundle.l10n.json')).find((key) => key.startsWith('The chat is open.'));
    assert.ok(told?.includes(`it stands under ${provider?.displayName ?? '?'},`), told);
  });

  it('keeps a workspace from choosing the server or loosening a limit', () => {
    const { restrictedConfigurations } = capabilities.untrustedWorkspaces;
    const scopes = { policy: 'resource', deny: 'resource', servers: 'resource', toolCalls: 'machine-overridable' };
    for (const [key, { scope }] of Object.entries(all)) {
      const ofWorkspace = key in OF_WORKSPACE || key.endsWith('.DEFAULT_MODEL');
      const expected = Object.entries(scopes).find(([name]) => key.endsWith(`.${name}`))?.[1] ?? 'window';
      assert.equal(scope, ofWorkspace ? expected : 'machine', key);
      // VS Code takes the person's own value in a folder that nobody trusts.
      if (!ofWorkspace && !isOlder(key) && !key.includes('.mcp.'))
        assert.ok(restrictedConfigurations.includes(key), key);
    }
    for (const key of Object.keys(OF_WORKSPACE)) assert.ok(key in settings, key);
    assert.ok(!Object.keys(all).some((key) => /token$|secret|password/i.test(key)), 'secrets are no settings');
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
    const known = [MODELS_VIEW, SERVERS_VIEW, TASKS_VIEW, ...CONTEXT_KEYS];
    for (const condition of conditions) {
      for (const [id] of condition.matchAll(/lmstudioBridge\.[\w.]+/g))
        assert.ok(
          known.some((key) => key === id),
          id,
        );
    }
    for (const { view, contents } of contributes.viewsWelcome) {
      assert.ok([MODELS_VIEW, SERVERS_VIEW, TASKS_VIEW].includes(view), view);
      for (const [, id] of contents.matchAll(/\(command:(lmstudioBridge\.[\w.]+)\)/g))
        assert.ok(commandIds.includes(id ?? ''), id);
    }
  });

  it('offers in the Explorer for several files at once only what takes them all', () => {
    const ofOne = contributes.menus['explorer/context']?.filter(({ when }) => when?.includes('!listMultiSelection'));
    assert.deepEqual(
      ofOne?.map(({ command }) => command),
      [COMMANDS.runTaskFile, COMMANDS.previewTask],
    );
  });

  it('has a welcome text for every state of the server', () => {
    const states = ['unknown', 'online', 'offline', 'auth', 'wrong-server', 'misconfigured'];
    const ofModels = contributes.viewsWelcome.filter(({ view }) => view === MODELS_VIEW);
    const stateOf = (when: string) => /serverState == ([\w-]+)/.exec(when)?.[1];
    assert.deepEqual([...new Set(ofModels.map(({ when }) => stateOf(when)))].sort(), states.sort());
    // Of the texts for one state exactly one shows, whatever else is so.
    const keys = ['lmsFound', 'serverConfigured', 'modelsFiltered'];
    for (const state of states) {
      for (let bits = 0; bits < 2 ** keys.length; bits++) {
        const isSet = (key: string) => ((bits >> keys.indexOf(key)) & 1) === 1;
        const shown = ofModels.filter(({ when }) => {
          const [first = '', ...more] = when.split(' && ');
          const holds = (term: string) => isSet(term.replace(/^!?lmstudioBridge\./, '')) !== term.startsWith('!');
          return stateOf(first) === state && more.every(holds);
        });
        assert.equal(shown.length, 1, `${state}, ${String(bits)}`);
      }
    }
  });

  it('has a welcome text for every reason why there are no MCP servers', () => {
    const ofServers = contributes.viewsWelcome.filter(({ view }) => view === SERVERS_VIEW);
    const reasons = ['reading', 'no-folder', 'virtual', 'untrusted', 'none', 'broken'];
    assert.deepEqual(
      ofServers.map(({ when }) => when),
      reasons.map((reason) => `lmstudioBridge.mcpWelcome == ${reason}`),
    );
  });

  it('has a welcome text for every reason why there are no tasks', () => {
    const ofTasks = contributes.viewsWelcome.filter(({ view }) => view === TASKS_VIEW);
    assert.deepEqual(
      ofTasks.map(({ when }) => when),
      ['reading', 'untrusted', 'none'].map((reason) => `lmstudioBridge.tasksWelcome == ${reason}`),
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

  it('starts with the window, so that the status bar is there, and for the documents of tasks that come back with it', () => {
    assert.deepEqual(manifest.activationEvents, ['onStartupFinished', 'onFileSystem:lmstudio-task']);
  });

  it('names pictures that exist', () => {
    const icons = [manifest.icon, ...contributes.viewsContainers.activitybar.map(({ icon }) => icon)];
    for (const icon of icons) assert.ok(existsSync(join(ROOT, icon)), icon);
  });
});

describe('activation', () => {
  it('loads the language first, and no library and no agent, tool or server code: they come with their first use', async () => {
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
    const importsOf = (file: string, isLazy: boolean): string[] =>
      (metafile.inputs[file]?.imports ?? [])
        .filter(({ kind, external }) => !external && (kind === 'dynamic-import') === isLazy)
        .map(({ path }) => path);
    const loadedBy = (file: string): Set<string> => {
      const loaded = new Set([file]);
      for (const one of loaded) for (const path of importsOf(one, false)) loaded.add(path);
      return loaded;
    };
    // Files make texts while they are loaded, so the language has to be known before.
    const first = [...loadedBy('src/extension.ts')].filter((file) => file.startsWith('src/'));
    assert.deepEqual(first, ['src/extension.ts', 'src/vscode/localization.ts', 'src/base/numberText.ts']);
    assert.deepEqual(importsOf('src/extension.ts', true), ['src/vscode/frontOfHouse.ts']);
    const loaded = loadedBy('src/vscode/frontOfHouse.ts');
    assert.ok(loaded.size > 20);
    const heavy =
      /node_modules\/(?!@vscode\/l10n\/)|^src\/agent\/(?!usage\.)|^src\/llm\/(wire|http)|lmstudio\/(server|catalog|listings|lifecycle|lmsCli)\./;
    assert.deepEqual(
      [...loaded].filter((file) => heavy.test(file)),
      [],
    );
  });
});

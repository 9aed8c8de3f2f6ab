import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToolOutcome } from '../../src/agent/types';
import type { JsonObject } from '../../src/base/json';
import { openToolbox, type Toolbox } from '../../src/mcp/toolbox';
import { connectionsIn, eventually, fakeServer, realServer } from '../support/mcp/harness';

const never = new AbortController().signal;

/** The official servers, as anybody would run them. */
describe('mcp with real servers', () => {
  let folder = '';
  let second = '';
  let toolbox: Toolbox;

  function call(name: string, args: JsonObject = {}): Promise<ToolOutcome> {
    const tool = toolbox.tools.find(({ definition }) => definition.name === name);
    assert.ok(tool, `no tool ${name} among ${toolbox.tools.map(({ definition }) => definition.name).join(', ')}`);
    return toolbox.call(tool, args, never);
  }

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'mcp-servers-')));
    second = await realpath(await mkdtemp(join(tmpdir(), 'mcp-servers-')));
    await writeFile(join(folder, 'hello.txt'), 'hello there');
    process.env['SECRET_OF_THE_PARENT'] = 'hush';
    const opened = await openToolbox(
      [
        realServer('filesystem'),
        realServer('memory', [], { MEMORY_FILE_PATH: join(folder, 'memory.json') }),
        realServer('everything', [], { DECLARED: '1', TERM: null }),
        fakeServer('exitAtStart'),
      ],
      connectionsIn([folder, second]),
      never,
    );
    toolbox = opened.toolbox;
    assert.deepEqual(
      opened.failures.map(({ name, error }) => [name, error.code]),
      [['exitAtStart', 'mcp-start-failed']],
    );
  });

  after(async () => {
    delete process.env['SECRET_OF_THE_PARENT'];
    await toolbox.close();
    await rm(folder, { recursive: true, force: true });
    await rm(second, { recursive: true, force: true });
  });

  it('offers the tools of those that started, in order, with names that tell them apart', () => {
    assert.deepEqual(toolbox.servers, ['filesystem', 'memory', 'everything']);
    const servers = toolbox.tools.map((tool) => tool.server);
    assert.deepEqual([...new Set(servers)], toolbox.servers);
    assert.deepEqual(
      servers,
      [...servers].sort((a, b) => toolbox.servers.indexOf(a) - toolbox.servers.indexOf(b)),
    );
    for (const { definition, server } of toolbox.tools) {
      assert.match(definition.name, new RegExp(`^${server}__[a-z0-9_]+$`));
      assert.ok(definition.description.startsWith(`[${server}] `));
      assert.equal(definition.inputSchema['type'], 'object');
    }
    const sum = toolbox.tools.find((tool) => tool.name === 'get-sum');
    assert.equal(sum?.definition.name, 'everything__get_sum');
  });

  it('passes on what servers claim about writing', () => {
    const readOnly = (name: string): boolean | undefined => toolbox.tools.find((tool) => tool.name === name)?.readOnly;
    assert.equal(readOnly('read_text_file'), true);
    assert.equal(readOnly('write_file'), false);
  });

  it('gives all workspace folders as roots, in order', async () => {
    // The server asks for the roots on its own time.
    const outcome = await eventually('roots', async () => {
      const { text } = await call('filesystem__list_allowed_directories');
      return text.includes(second) ? text : undefined;
    });
    assert.deepEqual(outcome.split('\n').slice(1), [folder, second]);
    assert.deepEqual(await call('filesystem__read_text_file', { path: join(folder, 'hello.txt') }), {
      isError: false,
      text: 'hello there',
    });
  });

  it('turns failures of a tool into outcomes', async () => {
    const outcome = await call('filesystem__read_text_file', { path: '/etc/passwd' });
    assert.ok(outcome.isError && outcome.code === 'tool-failed');
    assert.match(outcome.text, /Access denied/);
    const invalid = await call('everything__get_sum', { a: 'one' });
    assert.ok(invalid.isError && invalid.code === 'tool-failed');
  });

  it('keeps state between calls', async () => {
    await call('memory__create_entities', {
      entities: [{ name: 'Ada', entityType: 'person', observations: ['counts'] }],
    });
    assert.match((await call('memory__search_nodes', { query: 'Ada' })).text, /counts/);
  });

  it('maps every kind of content', async () => {
    const picture = await call('everything__get_tiny_image');
    assert.match(picture.text, /\[image 1: image\/png, [\d.]+ kB\]/);
    assert.match(picture.images?.[0] ?? '', /^data:image\/png;base64,/);
    assert.match((await call('everything__get_resource_links', { count: 1 })).text, /\[resource link: .+ <demo:\/\//);
    const weather = await call('everything__get_structured_content', { location: 'Chicago' });
    assert.match(weather.text, /"temperature"/);
  });

  it('gives servers a minimal environment', async () => {
    const { text } = await call('everything__get_env');
    const env = JSON.parse(text) as Record<string, string>;
    assert.equal(env['DECLARED'], '1');
    assert.equal(env['PATH'], process.env['PATH']);
    assert.equal('TERM' in env || 'SECRET_OF_THE_PARENT' in env, false);
  });
});

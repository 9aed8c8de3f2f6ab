import assert from 'node:assert/strict';
import type { Tool, ToolOutcome, ToolSource } from '../../../src/agent/types';
import { type HostTools, withHostTools } from '../../../src/tasks/hostTools';

const tool = (server: string, name: string): Tool => ({
  definition: { name, description: '', inputSchema: { type: 'object' } },
  ...{ server, name, readOnly: true },
});

/** Both say who was called. */
const source = (...tools: Tool[]): ToolSource => ({
  tools,
  call: (called) => Promise.resolve({ isError: false, text: `server ${called.name}` }),
});
const host = (...names: string[]): HostTools => ({
  name: 'VS Code',
  tools: names.map((name) => ({ name, description: 'Does it.', inputSchema: { type: 'object' } })),
  call: (name): Promise<ToolOutcome> => Promise.resolve({ isError: false, text: `host ${name}` }),
});
const signal = new AbortController().signal;

describe('tools of the program that a task runs in', () => {
  it('come after those of the servers, are called where they are, and never count as read-only', async () => {
    const joined = withHostTools(source(tool('files', 'runTests')), host('runTests'), ['files']);
    const { tools } = joined;
    assert.deepEqual(
      tools.map(({ definition, server, readOnly }) => [definition.name, server, readOnly]),
      [
        ['runTests', 'files', true],
        ['vs_code__run_tests', 'VS Code', false],
      ],
    );
    assert.equal(tools[1]?.definition.description, '[VS Code] Does it.');
    const texts = await Promise.all(tools.map(async (each) => (await joined.call(each, {}, signal)).text));
    assert.deepEqual(texts, ['server runTests', 'host runTests']);
  });

  it('get neither the name of another tool nor that of a server, for which something may be allowed', () => {
    const taken = tool('VS Code', 'vs_code_itself__run_tests');
    const { tools } = withHostTools(source(taken), host('runTests', 'run_tests'), ['vs code']);
    assert.equal(new Set(tools.map(({ definition }) => definition.name)).size, 3);
    assert.deepEqual(
      tools.slice(1).map(({ server }) => server),
      ['VS Code itself', 'VS Code itself'],
    );
  });

  it('are nothing where there are none', () => {
    const own = source(tool('files', 'read'));
    assert.equal(withHostTools(own, undefined, []), own);
    assert.equal(withHostTools(own, host(), []), own);
  });
});

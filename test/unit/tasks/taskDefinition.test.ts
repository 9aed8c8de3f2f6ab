import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isBridgeError } from '../../../src/base/errors';
import { parseDefinition } from '../../../src/tasks/taskDefinition';

const type = 'lmstudio-bridge';

describe('a task of tasks.json', () => {
  it('names a task file, with values for its inputs', () => {
    assert.deepEqual(parseDefinition({ type, taskFile: 'a.task.md', _key: 'x' }), {
      kind: 'file',
      path: 'a.task.md',
      inputs: {},
    });
    assert.deepEqual(parseDefinition({ type, taskFile: 'a.task.md', inputs: { topic: 'cats' } }), {
      kind: 'file',
      path: 'a.task.md',
      inputs: { topic: 'cats' },
    });
  });

  it('says itself what a task file would', () => {
    const said = { servers: ['files'], model: 'm', limits: { rounds: 3 }, approval: 'ask', tools: ['read_file'] };
    assert.deepEqual(parseDefinition({ type, task: '---\nDo "it":\n- now', ...said }), {
      kind: 'task',
      task: {
        text: '---\nDo "it":\n- now',
        servers: { kind: 'named', names: ['files'] },
        model: 'm',
        tools: ['read_file'],
        limits: { rounds: 3, tokens: undefined, minutes: undefined },
        approval: 'ask',
      },
    });
  });

  it('says what is wrong', () => {
    const cases: readonly (readonly [unknown, RegExp])[] = [
      [undefined, /must be an object/],
      [{ type }, /needs "task".* or "taskFile"/],
      [{ type, task: ' ' }, /needs "task"/],
      [{ type, task: 'x', server: 'all' }, /"server" is not known in it\. Did you mean "servers"\?/],
      [{ type, task: 'x', aproval: 'ask' }, /Did you mean "approval"/],
      [{ type, task: 'x', inputs: {} }, /"inputs" is not known in it/],
      [{ type, task: 'x', limits: { rounds: 0 } }, /"rounds" must be a whole number above 0/],
      [{ type, task: 'x ${input:a}' }, /There is no input "a"/],
      [{ type, taskFile: 3 }, /"taskFile" must be the path/],
      [{ type, taskFile: 'a', model: 'm' }, /it is the file that says "model"/],
      [{ type, taskFile: 'a', input: {} }, /"input" is not known in it\. Did you mean "inputs"/],
      [{ type, taskFile: 'a', inputs: { a: 1 } }, /must be an object of texts/],
    ];
    for (const [definition, message] of cases) assert.throws(() => parseDefinition(definition), message);
  });

  it('throws nothing but a wrong use', () => {
    const keys = fc.constantFrom('type', 'task', 'taskFile', 'servers', 'limits', 'inputs', 'approval', '__proto__');
    const value = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(keys, fc.string()), value), (definition) => {
        try {
          parseDefinition(definition);
        } catch (error) {
          assert.ok(isBridgeError(error, 'usage'), String(error));
        }
      }),
    );
  });
});

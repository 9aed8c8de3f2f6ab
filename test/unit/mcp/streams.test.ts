import assert from 'node:assert/strict';
import fc from 'fast-check';
import { buildEnvironment, secretsOf } from '../../../src/mcp/environment';
import { LineReader } from '../../../src/base/lineReader';
import { answeredRequestId } from '../../../src/mcp/answeredRequest';
import { OutputTail } from '../../../src/mcp/outputTail';

describe('line reader', () => {
  it('gives the same lines however the bytes are cut', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\r\n`).join(''));
        const reader = new LineReader(10_000);
        const read: string[] = [];
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const length = cuts[n % cuts.length] ?? 1;
          for (const found of reader.push(bytes.subarray(at, at + length)))
            read.push(found.kind === 'line' ? found.text : '!');
          at += length;
        }
        // Lone surrogates do not survive UTF-8.
        assert.deepEqual(
          read,
          lines.map((text) => Buffer.from(text).toString()),
        );
      }),
    );
  });

  it('lets an oversized line go, keeps its ends, and reads on', () => {
    const reader = new LineReader(1000);
    const big = `{"result":{"text":"${'x'.repeat(5000)}"},"jsonrpc":"2.0","id":7}`;
    const lines = [];
    for (let at = 0; at < big.length; at += 300) lines.push(...reader.push(Buffer.from(big.slice(at, at + 300))));
    assert.deepEqual(lines, []);
    const [oversized, next] = reader.push(Buffer.from('\n{}\n'));
    assert.ok(oversized?.kind === 'oversized');
    assert.equal(oversized.bytes, big.length);
    assert.ok(big.startsWith(oversized.head) && big.endsWith(oversized.tail));
    assert.deepEqual(next, { kind: 'line', text: '{}' });
    assert.equal(answeredRequestId(oversized), 7);
  });

  it('finds the request that is answered, and never takes another id for it', () => {
    const id = (head: string, tail = head): number | undefined => answeredRequestId({ head, tail });
    assert.equal(id('{"jsonrpc":"2.0","id":12,"result":{"a":"xxx'), 12);
    assert.equal(id('{"jsonrpc": "2.0", "result": {', 'x"}, "id": 3 }'), 3);
    assert.equal(id('{"jsonrpc":"2.0","id":4,"method":"roots/list","params":{'), undefined);
    assert.equal(id('{"jsonrpc":"2.0","method":"x","params":{', '},"id":4}'), undefined);
    assert.equal(id('{"jsonrpc":"2.0","result":{"text":"', '\\"id\\":4}"},"id":"five"}'), undefined);
    assert.equal(id('{"result":{"structuredContent":{"', '"x":{"id":4}}'), undefined);
  });
});

describe('output tail', () => {
  it('keeps the last 40 lines and 8192 characters, without colours', () => {
    const tail = new OutputTail();
    assert.equal(tail.read(), '');
    for (let n = 1; n <= 5000; n++) tail.push(Buffer.from(`\u001b[31mline ${n}\u001b[0m\n`));
    const lines = tail.read().split('\n');
    assert.equal(lines.length, 40);
    assert.equal(lines.at(-1), 'line 5000');
    tail.push(Buffer.from('y'.repeat(100_000)));
    assert.equal(tail.read().length, 8192);
  });
});

describe('environment of a server', () => {
  const parent = { PATH: '/bin', HOME: '/home/me', USER: '() { evil; }', LM_API_TOKEN: 'sk-1', TERM: 'dumb' };

  it('is a minimal set and what is declared; null removes', () => {
    const env = buildEnvironment({ EXTRA: 'x', TERM: null, HOME: '/elsewhere' }, parent, 'linux');
    assert.deepEqual(env, { PATH: '/bin', HOME: '/elsewhere', EXTRA: 'x' });
  });

  it('knows that Windows ignores case', () => {
    assert.deepEqual(buildEnvironment({ Path: 'C:\\own' }, { PATH: 'C:\\bin', TEMP: 'T' }, 'win32'), {
      TEMP: 'T',
      Path: 'C:\\own',
    });
    assert.deepEqual(buildEnvironment({ path: null }, { PATH: 'C:\\bin', TEMP: 'T' }, 'win32'), { TEMP: 'T' });
  });

  it('tells which values are secrets', () => {
    assert.deepEqual(secretsOf({ API_KEY: 'abc', NODE_ENV: 'production', Token: null, password: 'p' }), ['abc', 'p']);
  });
});

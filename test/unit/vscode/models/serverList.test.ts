import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameOfModel, parseServerList, placeOfModel } from '../../../../src/vscode/models/serverList';

describe('the list of further servers', () => {
  const problemsOf = (value: unknown, main?: string) => parseServerList(value, main).problems;

  it('keeps the usable entries in their order, with their addresses as roots', () => {
    const list = [
      { name: ' gpu ', url: '192.168.1.20' },
      { name: 'lab', url: 'https://lab.example/v1' },
    ];
    assert.deepEqual(parseServerList(list), {
      servers: [
        { name: 'gpu', url: 'http://192.168.1.20:1234' },
        { name: 'lab', url: 'https://lab.example' },
      ],
      problems: [],
    });
    assert.deepEqual(parseServerList(undefined), { servers: [], problems: [] });
  });

  it('says of each other entry what is wrong, and keeps the rest', () => {
    assert.match(problemsOf({ gpu: 'x' })[0] ?? '', /^It must be a list/);
    const good = { name: 'gpu', url: 'http://10.0.0.1:1234' };
    const { servers, problems } = parseServerList(
      [
        'x',
        good,
        { name: 'GPU', url: 'http://10.0.0.2:1234' },
        { name: '', url: 'http://10.0.0.2:1234' },
        { name: 'a::b', url: 'http://10.0.0.2:1234' },
        { name: 'same', url: '10.0.0.1' },
        { name: 'empty', url: ' ' },
        { name: 'ftp', url: 'ftp://10.0.0.1' },
        { name: 'key', url: 'http://me:secret@10.0.0.1' },
        { name: 'home', url: 'localhost:1234' },
      ],
      'http://127.0.0.1:1234/v1',
    );
    assert.deepEqual(servers, [good]);
    assert.deepEqual(
      problems.map((problem) => problem.replace(/\d+ to \d+/, 'N')),
      [
        'Entry 1 must have a "name" and a "url", both texts.',
        'Entry 3 has the name "GPU", which another entry has already.',
        'The name of entry 4 must have N visible characters and no colon; it is "".',
        'The name of entry 5 must have N visible characters and no colon; it is "a::b".',
        'The servers "gpu" and "same" have the same address.',
        'The "url" of the server "empty" is empty.',
        'The "url" of the server "ftp": "ftp://10.0.0.1" is not the address of a server.',
        'The "url" of the server "key": The server address must not contain a user name or password.',
        'The server "home" has the address of the main server, http://127.0.0.1:1234.',
      ],
    );
    assert.ok(!problems.join().includes('secret'));
  });

  it('never throws, whatever stands there', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { servers, problems } = parseServerList([value]);
        assert.equal(servers.length + problems.length, 1);
      }),
    );
  });
});

describe('the name of a model', () => {
  it('has its server before ::', () => {
    assert.deepEqual(placeOfModel('gpu::qwen/qwen3-8b'), { server: 'gpu', key: 'qwen/qwen3-8b' });
    assert.deepEqual(placeOfModel('qwen/qwen3-8b:2'), { server: undefined, key: 'qwen/qwen3-8b:2' });
    assert.deepEqual(placeOfModel(undefined), { server: undefined, key: undefined });
    assert.deepEqual(placeOfModel('gpu::'), { server: 'gpu', key: undefined });
  });

  it('is read as it was written', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9 -]{0,10}[a-z]$/);
    const key = fc.stringMatching(/^[a-z][a-z0-9/@:._-]{0,20}[a-z]$/);
    fc.assert(
      fc.property(fc.option(name, { nil: undefined }), key, (server, model) => {
        if (server === undefined && model.includes('::')) return;
        assert.deepEqual(placeOfModel(nameOfModel(server, model)), { server, key: model });
      }),
    );
  });
});

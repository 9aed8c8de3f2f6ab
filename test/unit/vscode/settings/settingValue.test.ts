import assert from 'node:assert/strict';
import fc from 'fast-check';
import { settingWords, shownValue } from '../../../../src/vscode/settings/settingValue';

describe('values of settings that are handed on', () => {
  it('name no user and no password of an address, with or without a scheme', () => {
    assert.equal(settingWords('server.url', 'bob:hunter2@gpu:1234'), '"…@gpu:1234"');
    assert.equal(settingWords('server.url', 'http://bob:hunter2@gpu:1234'), '"http://…@gpu:1234"');
    assert.equal(settingWords('server.url', 'http://gpu:1234'), '"http://gpu:1234"');
    assert.equal(settingWords('model', 'bob:hunter2@gpu:1234'), '"…@gpu:1234"');
  });

  it('hide a password whatever signs it has', () => {
    const password = fc.string({ minLength: 3, unit: 'grapheme' }).map((text) => `hunter${text}2`);
    fc.assert(
      fc.property(password, fc.constantFrom('', 'http://', 'HTTPS://'), (secret, scheme) => {
        const written = `${scheme}bob:${secret}@gpu:1234`;
        for (const shown of [
          settingWords('server.url', written),
          settingWords('servers', [{ name: 'gpu', url: written }]),
          settingWords('approvals.deny', ['x', written]),
          shownValue({ a: 'b', url: written }),
        ]) {
          assert.doesNotMatch(shown, /hunter/);
          assert.match(shown, /…@gpu:1234/);
        }
      }),
    );
  });

  it('name each server with its origin, and MCP servers without their entries', () => {
    const servers = [
      { name: 'gpu', url: 'http://gpu:1234/v1?key=abc' },
      { name: 'box', url: 'box' },
      { name: 'bad', url: 'bob:hunter2@gpu:1234' },
      { url: 7 },
      'x',
    ];
    assert.equal(
      settingWords('servers', servers),
      'gpu (http://gpu:1234), box (http://box:1234), bad ("…@gpu:1234"), undefined (7), "x"',
    );
    assert.equal(settingWords('mcp.servers', { mine: { env: { KEY: 'abc' } }, other: {} }), 'mine, other');
  });

  it('leave the names of models and what is no text as they are', () => {
    for (const model of ['qwen/qwen3-8b@q4_k_m', 'gpu::qwen3-8b@q4_k_m'])
      assert.equal(settingWords('model', model), `"${model}"`);
    assert.equal(settingWords('refreshInterval', 5), '5');
    assert.equal(settingWords('tools.vscode', ['a', 'b*']), '"a", "b*"');
  });
});

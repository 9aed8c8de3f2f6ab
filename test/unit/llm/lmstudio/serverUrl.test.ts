import assert from 'node:assert/strict';
import { ConfigurationError } from '../../../../src/base/errors';
import { DEFAULT_SERVER_URL, normalizeServerUrl } from '../../../../src/llm/lmstudio/serverUrl';

describe('a server address', () => {
  const root = 'http://127.0.0.1:1234';
  const cases: Readonly<Record<string, string>> = {
    [DEFAULT_SERVER_URL]: root,
    '127.0.0.1:1234': root,
    'http://127.0.0.1:1234/': root,
    'http://127.0.0.1:1234/v1': root,
    'http://127.0.0.1:1234/v1/': root,
    'http://127.0.0.1:1234/api/v1': root,
    'http://127.0.0.1:1234/api/v0/models': root,
    'http://127.0.0.1:1234/v1/chat/completions?x=1#y': root,
    'http://127.0.0.1:1234/v1/v1/chat/completions': root,
    '  http://127.0.0.1:1234/v1 \n': root,
    'HTTP://LocalHost:1234/v1': root,
    localhost: root,
    'localhost:5000/api/v1': 'http://127.0.0.1:5000',
    'http://0.0.0.0:1234': root,
    'http://[::]:1234/v1': root,
    'https://localhost:1234': 'https://localhost:1234',
    'http://localhost.lan:1234': 'http://localhost.lan:1234',
    '192.168.1.20': 'http://192.168.1.20:1234',
    'https://studio.example.com/api/v1/': 'https://studio.example.com',
    'studio.lan': 'http://studio.lan:1234',
    'studio.lan:80/v1': 'http://studio.lan',
    'http://studio.lan': 'http://studio.lan',
    'https://studio.lan:443/v1': 'https://studio.lan',
    '[::1]:1234': 'http://[::1]:1234',
    'https://gateway.example/lm/v1': 'https://gateway.example/lm',
    'https://gateway.example/v1beta': 'https://gateway.example/v1beta',
    'https://gateway.example/lm//': 'https://gateway.example/lm',
  };
  for (const [given, expected] of Object.entries(cases)) {
    it(`${JSON.stringify(given)} becomes ${expected}, and stays that`, () => {
      assert.equal(normalizeServerUrl(given), expected);
      assert.equal(normalizeServerUrl(expected), expected);
    });
  }

  it('that is none is refused as a usage error that quotes it', () => {
    for (const given of [
      '',
      '   ',
      'http://',
      'ftp://host',
      'file:///etc/passwd',
      'ws://host:1',
      'http://host:99999',
      'a b',
    ]) {
      assert.throws(
        () => normalizeServerUrl(given),
        (error) =>
          error instanceof ConfigurationError && error.code === 'usage' && error.message.includes(`"${given}"`),
        given,
      );
    }
  });

  it('must not hold a password, and the refusal does not repeat it', () => {
    for (const given of ['http://me:hunter22@host:1234', 'me:hunter22@host', 'http://me:hunter22@host:99999']) {
      assert.throws(
        () => normalizeServerUrl(given),
        (error) => error instanceof ConfigurationError && !error.message.includes('hunter22'),
        given,
      );
    }
  });
});

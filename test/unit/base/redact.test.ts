import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createLogger } from '../../../src/base/logger';
import { redact, withoutValues } from '../../../src/base/redact';

const TOKEN = 'sk-lm-AbCd1234:ABCDEFGHIJKLMNOPQRST';

describe('redaction', () => {
  it('removes LM Studio tokens, whole or cut and starred as the server echoes them', () => {
    assert.equal(redact(`token ${TOKEN} refused`), 'token sk-[redacted] refused');
    const echo = 'Malformed LM Studio API token provided: sk-bogus-E************** Ensure you are using a valid token.';
    assert.equal(
      redact(echo),
      'Malformed LM Studio API token provided: [redacted] Ensure you are using a valid token.',
    );
  });

  it('removes what the server echoes of something else that was sent as a token', () => {
    assert.equal(
      redact('Malformed LM Studio API token provided: my-passwor*****'),
      'Malformed LM Studio API token provided: [redacted]',
    );
  });

  it('removes bearer tokens and those of well-known services', () => {
    assert.equal(redact('Authorization: Bearer abc.def-123'), 'Authorization: Bearer [redacted]');
    assert.equal(redact(`ghp_${'a'.repeat(36)}`), 'ghp_[redacted]');
    assert.equal(redact('xoxb-12345678-abcdefgh'), 'xoxb-[redacted]');
  });

  it('leaves ordinary words alone', () => {
    for (const words of ["the 'Bearer' scheme", 'a task-list of disk-images', 'Bearer $LM_API_TOKEN', 'ask-me']) {
      assert.equal(redact(words), words);
    }
  });

  it('removes known secrets wherever they stand, also one that is the beginning of another', () => {
    assert.equal(redact('a=hunter22, b=hunter22', ['hunter22']), 'a=[redacted], b=[redacted]');
    assert.equal(redact('x=password-long', ['password', 'password-long']), 'x=[redacted]');
  });

  it('does not take tiny values for secrets, because every text is full of them', () => {
    assert.equal(redact('a cat', ['a', '', 'cat']), 'a cat');
  });

  it('leaves nothing of any token in any text', () => {
    const tail = fc.string({
      unit: fc.constantFrom('A', 'B', 'C', 'x', 'y', 'z', '0', '1', '8', '9'),
      minLength: 20,
      maxLength: 20,
    });
    fc.assert(
      fc.property(fc.string(), tail, (around, secret) => {
        assert.ok(!redact(`${around} sk-lm-12345678:${secret} ${around}`).includes(secret));
      }),
    );
  });

  it('of what a model works on takes these very values, and only long ones', () => {
    const secrets = ['short', 'long-secret', 'long-secret-and-more', ''];
    const text = `a short long-secret-and-more, ${TOKEN}, long-secret`;
    assert.equal(withoutValues(text, secrets), `a short [redacted], ${TOKEN}, [redacted]`);
  });

  it('happens to everything that is logged', () => {
    const lines: string[] = [];
    createLogger((level, message) => lines.push(`${level} ${message}`)).log('warn', `sent ${TOKEN}`);
    assert.deepEqual(lines, ['warn sent sk-[redacted]']);
  });
});

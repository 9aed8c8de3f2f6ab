import assert from 'node:assert/strict';
import { request } from 'node:http';
import { isBridgeError } from '../../../../src/base/errors';
import { type Callback, listenForAnswer } from '../../../../src/vscode/servers/loopbackCallback';

describe('the callback of a sign-in at a port of this machine', () => {
  let callback: Callback;

  beforeEach(async () => {
    callback = await listenForAnswer('the-state', 'de"><b>');
  });
  afterEach(() => {
    callback.dispose();
  });

  function ask(path: string, { host, method = 'GET' }: { host?: string; method?: string } = {}): Promise<number> {
    const url = new URL(path, callback.redirectUrl);
    const headers = host === undefined ? {} : { host };
    return new Promise((resolve, reject) => {
      request(url, { method, headers }, (response) => {
        response.resume();
        response.once('end', () => {
          resolve(response.statusCode ?? 0);
        });
      })
        .once('error', reject)
        .end();
    });
  }

  it('takes the first answer with its state, and turns everything else away', async () => {
    const { host } = new URL(callback.redirectUrl);
    assert.match(host, /^127\.0\.0\.1:\d+$/);
    assert.equal(await ask('/callback?code=x'), 400);
    assert.equal(await ask('/callback?code=x&state=guessed'), 400);
    assert.equal(await ask('/callback?state=the-state&code=x', { method: 'POST' }), 400);
    assert.equal(
      await ask('/callback?state=the-state&code=x', { host: `evil.example:${new URL(callback.redirectUrl).port}` }),
      400,
    );
    assert.equal(await ask('/favicon.ico?state=the-state&code=x'), 400);
    assert.equal(await ask('/callback?code=c-1&state=the-state&iss=https%3A%2F%2Fa.example'), 200);
    assert.deepEqual(await callback.answer, { code: 'c-1', iss: 'https://a.example' });
  });

  it('shows a page in the language of its words', async () => {
    const texts: string[] = [];
    for (const query of ['code=c&state=the-state', 'error=access_denied&state=the-state', 'code=c&state=other']) {
      const answer = await fetch(`${callback.redirectUrl}?${query}`);
      texts.push(await answer.text());
    }
    const words = texts.map(
      (text) => /^<!doctype html><html lang="de&quot;>&lt;b>">.*<p>(.*)<\/p><\/html>\n$/.exec(text)?.[1],
    );
    assert.deepEqual(words, [
      'You are signed in. You can close this page and go back to the editor.',
      'The sign-in did not succeed. The editor says why. You can close this page.',
      'This is not an answer that LM Studio Bridge waits for.',
    ]);
  });

  it('says why the page said no, without what a reader could be fooled by', async () => {
    assert.equal(await ask('/callback?error=access_denied&error_description=no%1b%5B31m%20way&state=the-state'), 200);
    await assert.rejects(callback.answer, (error: unknown) => {
      assert.ok(isBridgeError(error, 'auth-required'));
      assert.equal(error.message, 'the sign-in page said no: no way.');
      return true;
    });
  });

  it('needs a code, and does not listen any more when it is disposed', async () => {
    await ask('/callback?state=the-state&code=');
    await assert.rejects(callback.answer, /it gave no code/);
    callback.dispose();
    await assert.rejects(ask('/callback'), /ECONNREFUSED/);
  });
});

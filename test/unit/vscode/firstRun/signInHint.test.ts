import assert from 'node:assert/strict';
import { doesChatNeedSignIn } from '../../../../src/vscode/firstRun/signInHint';

describe('the hint that chat needs a sign-in', () => {
  it('is for every version before 1.122', () => {
    for (const version of ['1.106.0', '1.121.9', '1.99.0', '0.200.0'])
      assert.equal(doesChatNeedSignIn(version), true, version);
    for (const version of ['1.122.0', '1.122.0-insider', '1.140.1', '2.0.0'])
      assert.equal(doesChatNeedSignIn(version), false, version);
  });
});

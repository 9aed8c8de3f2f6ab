import assert from 'node:assert/strict';
import fc from 'fast-check';
import { allowedNames, listAfter, usableNames } from '../../../../src/vscode/chat/lmToolList';

const NAMES = ['run_in_terminal', 'runTests', 'vscode_search', 'vscode_searchFiles', 'mcp_lmstudio-bridge_run_task'];

describe("the list of VS Code's tools that tasks may use", () => {
  it('allows none, names, and patterns; never tools of our own', () => {
    assert.deepEqual(allowedNames([], NAMES), []);
    assert.deepEqual(allowedNames(['runTests', 'run_in'], NAMES), ['runTests']);
    assert.deepEqual(allowedNames(['vscode_*'], NAMES), ['vscode_search', 'vscode_searchFiles']);
    assert.deepEqual(allowedNames(['*_*search*'], NAMES), ['vscode_search', 'vscode_searchFiles']);
    assert.deepEqual(allowedNames(['vscode_search*Files'], NAMES), ['vscode_searchFiles']);
    assert.deepEqual(allowedNames(['*terminal*terminal', 'runTestsrunTests*'], NAMES), []);
    assert.deepEqual(allowedNames(['*', 'mcp_lmstudio-bridge_run_task'], NAMES), NAMES.slice(0, 4));
    assert.deepEqual(usableNames(['lmStudioBridge_run', 'lm_studio_bridge', 'lmstudio']), ['lmstudio']);
  });

  it('takes every other character of a pattern as it is', () => {
    const words = fc.array(fc.string({ maxLength: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(words, words, (parts, between) => {
        const plain = parts.map((part) => part.replaceAll('*', ''));
        const name = plain.flatMap((part, index) => [part, index < plain.length - 1 ? (between[index] ?? '') : '']);
        assert.deepEqual(allowedNames([plain.join('*')], [name.join('')]), [name.join('')]);
      }),
    );
    assert.deepEqual(allowedNames(['run.*', '[a-z]*', 'RUNTESTS'], ['runTests']), []);
  });

  it('after a choice allows exactly what was ticked, and keeps patterns that still say the same', () => {
    const shown = usableNames(NAMES);
    assert.deepEqual(listAfter(['vscode_*', 'gone_*'], shown, ['vscode_search', 'vscode_searchFiles', 'runTests']), [
      'vscode_*',
      'gone_*',
      'runTests',
    ]);
    assert.deepEqual(listAfter(['vscode_*'], shown, ['vscode_search']), ['vscode_search']);
    const patterns = fc.array(fc.oneof(fc.constantFrom(...shown), fc.constantFrom('*', 'run*', '*s', 'x*')));
    fc.assert(
      fc.property(patterns, fc.subarray([...shown]), (list, chosen) => {
        assert.deepEqual(allowedNames(listAfter(list, shown, chosen), shown), chosen);
      }),
    );
  });
});

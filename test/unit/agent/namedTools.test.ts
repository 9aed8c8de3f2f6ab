import assert from 'node:assert/strict';
import { namedTools } from '../../../src/agent/namedTools';
import { toolOf } from '../../support/tools';

const READ = toolOf('files', 'readFile');
const GET = toolOf('web', 'get-page');
const FIND = toolOf('web', 'find');
const ALSO = toolOf('files', 'find');
const ALL = [READ, GET, FIND, ALSO];

describe('tools that a person names', () => {
  it('are found by name, by server and name, and in any case', () => {
    assert.deepEqual(namedTools(ALL, ['web/find', 'readfile'], ''), { named: [FIND, READ], unknown: [] });
    assert.deepEqual(namedTools(ALL, ['find'], '').named, [FIND, ALSO]);
  });

  it('are found in the task, where they stand exactly or behind a number sign, after the others', () => {
    assert.deepEqual(namedTools(ALL, [], 'Use #get-page, then readFile.').named, [GET, READ]);
    assert.deepEqual(namedTools(ALL, ['readFile'], 'Use #web/find').named, [READ, FIND]);
    assert.deepEqual(namedTools(ALL, [], 'Get pages, and finding files').named, []);
  });

  it('that no server has are told', () => {
    assert.deepEqual(namedTools(ALL, ['reed', 'other/find'], ''), { named: [], unknown: ['reed', 'other/find'] });
  });
});

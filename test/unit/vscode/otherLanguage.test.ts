/** In another language only the words are others: what menus and code go by stays. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { sampleRows, type SampleRows } from '../../support/sampleRows';

const PROGRAM = join(__dirname, '../../support/germanRows.ts');

type Face = SampleRows['servers'][number];

const withoutWords = ({ id, context, icon, children }: Face): unknown => ({
  ...{ id, context, icon, children: children.map(withoutWords) },
});

describe('with German texts', () => {
  const english = sampleRows('Its last output was:');
  let german: SampleRows;

  before(() => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', PROGRAM], { encoding: 'utf8' });
    assert.notEqual(stdout, '', stderr);
    german = JSON.parse(stdout) as SampleRows;
  });

  it('rows have the ids, icons and menus that they have in English', () => {
    for (const view of ['servers', 'tasks'] as const) {
      assert.deepEqual(german[view].map(withoutWords), english[view].map(withoutWords));
      const [row] = german[view];
      assert.notEqual(row?.spoken, english[view][0]?.spoken, 'and other words');
    }
  });

  it('every wait of a task has words', () => {
    assert.deepEqual(
      german.waits.map((words) => words !== ''),
      english.waits.map(() => true),
    );
    assert.ok(!german.waits.some((words) => english.waits.includes(words)), german.waits.join());
  });

  it('the details of a failure end before what the server wrote', () => {
    assert.match(german.withOutput, /boom/);
    assert.doesNotMatch(german.withoutOutput, /boom/);
    assert.equal(german.withOutput.split('\n').length - german.withoutOutput.split('\n').length, 2);
  });

  it('a failure opens the setting that it names', () => {
    assert.deepEqual(german.help, { act: 'setting', setting: 'task.maxRounds' });
    assert.deepEqual(german.help, english.help);
  });
});

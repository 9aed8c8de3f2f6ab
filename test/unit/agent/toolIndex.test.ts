import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fuseScores, ToolIndex } from '../../../src/agent/toolIndex';
import { toolOf, tools } from '../../support/tools';

const ALL = [
  toolOf('files', 'readTextFile', 'Read the complete contents of a file as text.', ['path']),
  toolOf('files', 'write_file', 'Create a new file or overwrite one.', ['path', 'content']),
  toolOf('files', 'list_directory', 'Get a listing of all files and folders.', ['path']),
  toolOf('weather', 'forecast', 'Tells the weather of the next days.', ['city', 'days']),
  toolOf('graph', 'create_entities', 'Create new entities in the knowledge graph.', ['entities']),
];
const found = (query: string): string[] => new ToolIndex(ALL).search(query).map(({ name }) => name);

describe('searching tools', () => {
  it('finds by words of name, description, parameters and server, the best first', () => {
    assert.equal(found('what will the weather be')[0], 'forecast');
    assert.equal(found('city')[0], 'forecast');
    assert.equal(found('read text')[0], 'readTextFile');
    assert.equal(found('entity graph knowledge')[0], 'create_entities');
    assert.equal(found('write')[0], 'write_file');
  });

  it('finds nothing where no word is the same', () => {
    assert.deepEqual(found('quaternion'), []);
    assert.deepEqual(found(''), []);
    assert.deepEqual(new ToolIndex([]).search('anything'), []);
  });

  it('puts the tool first whose name it is, however it is written', () => {
    for (const name of ['list_directory', 'List Directory', 'listDirectory']) {
      assert.equal(found(name)[0], 'list_directory');
    }
  });

  it('puts it before those that say more about the same words, and the very name before one that is alike', () => {
    const wordy = toolOf('x', 'directory_list_list_directory', 'List directory.', ['list', 'directory']);
    const plain = toolOf(
      'x',
      'list_directory',
      'Of names and sizes and dates, with much to say about each. '.repeat(9),
    );
    assert.equal(new ToolIndex([wordy, plain]).search('List directory')[0], plain);
    const [first, second] = [toolOf('x', 'go_on'), toolOf('x', 'goon')];
    assert.equal(new ToolIndex([first, second]).search('goon')[0], second);
    assert.equal(new ToolIndex([second, first]).search('go_on')[0], first);
  });

  it('reaches every tool of any set by its name', () => {
    fc.assert(
      fc.property(tools(), (all) => {
        const index = new ToolIndex(all);
        for (const tool of all) assert.equal(index.search(tool.definition.name)[0], tool);
      }),
    );
  });

  it('scores by the text alone: in any order of the tools the same', () => {
    fc.assert(
      fc.property(tools(), fc.constantFrom('read a file', 'weather', 'für den Graph'), (all, text) => {
        const reversed = [...all].reverse();
        const scores = new ToolIndex(all).scores(text);
        const again = [...new ToolIndex(reversed).scores(text)].reverse();
        scores.forEach((score, index) => {
          assert.ok(score >= 0 && Math.abs(score - (again[index] ?? NaN)) < 1e-9);
        });
      }),
    );
  });
});

describe('two rankings', () => {
  it('become one by places: what is good in both is best, and what one says nothing of is left to the other', () => {
    const [a = 0, b = 0, c = 0, d = 0] = fuseScores([10, 9, 0, 0], [0.2, 0.9, 0.8, 0]);
    assert.ok(b > a && a > c && c > d && d === 0);
  });
});

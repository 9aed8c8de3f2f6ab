/** The demo model as a function of the conversation: no server, no tool is run. */
import assert from 'node:assert/strict';
import { parseChatRequest } from '../../simulator/chatRequest';
import { demoTurn } from '../../simulator/demoModel';
import type { JsonObject } from '../../simulator/json';
import type { ScriptedToolCall, Turn } from '../../simulator/turn';

type Properties = Record<string, JsonObject>;

function tool(
  name: string,
  description: string,
  properties: Properties = {},
  required = Object.keys(properties),
): JsonObject {
  return { type: 'function', function: { name, description, parameters: { type: 'object', properties, required } } };
}

const text = { type: 'string' };
const READ = tool('files__read_file', 'Read a file', { path: text });
const LIST = tool('files__list_directory', 'List a folder', { path: text });
const WRITE = tool('files__write_file', 'Write a file', { path: text, content: text });
const DELETE = tool('files__delete_file', 'Delete a file', { path: text });
const FILES = [DELETE, WRITE, READ, LIST];

/** A conversation in which each pair is a call with its result. */
function turn(
  task: string,
  tools: JsonObject[],
  past: [ScriptedToolCall, string][] = [],
  system = 'Folders: /w',
): Turn {
  const answered = past.flatMap(([call, content], i) => [
    {
      role: 'assistant',
      content: '',
      tool_calls: [
        {
          id: `${i}`,
          type: 'function',
          function: { name: call.name ?? '', arguments: JSON.stringify(call.arguments) },
        },
      ],
    },
    { role: 'tool', tool_call_id: `${i}`, content },
  ]);
  const messages = [{ role: 'system', content: system }, { role: 'user', content: task }, ...answered];
  return demoTurn(parseChatRequest({ model: 'm', messages, tools }));
}

function call(name: string, args: JsonObject): ScriptedToolCall {
  return { name, arguments: args };
}

describe('the demo model', () => {
  const firstCalls: [string, JsonObject[], ScriptedToolCall][] = [
    ['Read a/b.txt', FILES, call('files__read_file', { path: '/w/a/b.txt' })],
    ['Please show me /x/y.txt', FILES, call('files__read_file', { path: '/x/y.txt' })],
    ['What is in the notes folder?', FILES, call('files__list_directory', { path: '/w/notes' })],
    ['Which files are here in this folder?', FILES, call('files__list_directory', { path: '/w' })],
    ['Save "a; then b" to c.md', FILES, call('files__write_file', { path: '/w/c.md', content: 'a; then b' })],
    ['Delete old.txt', FILES, call('files__delete_file', { path: '/w/old.txt' })],
    [
      'Fetch https://example.org/a?b=1 for me',
      [READ, tool('web_fetch', 'Fetch a page', { url: text, format: { type: 'string', enum: ['html', 'markdown'] } })],
      call('web_fetch', { url: 'https://example.org/a?b=1', format: 'html' }),
    ],
    [
      'Create an issue titled "Crash at start" with the text "It crashes."',
      [
        READ,
        tool(
          'create_issue',
          'Create an issue',
          { title: text, body: text, priority: { type: 'integer', default: 3 } },
          ['title', 'body'],
        ),
      ],
      call('create_issue', { title: 'Crash at start', body: 'It crashes.' }),
    ],
    [
      "Store 'blue' in memory under the key 'colour'",
      [tool('memory_store', 'Stores a value', { key: text, value: text })],
      call('memory_store', { key: 'colour', value: 'blue' }),
    ],
  ];
  for (const [task, tools, expected] of firstCalls) {
    it(`understands: ${task}`, () => assert.deepEqual(turn(task, tools).toolCalls, [expected]));
  }

  it('says in every turn what it is', () => {
    assert.match(turn('Read a.txt', FILES).reasoning ?? '', /not a language model/);
    assert.match(
      turn('Read a.txt', FILES, [[call('files__read_file', { path: '/w/a.txt' }), 'A']]).text ?? '',
      /not a language model/,
    );
    assert.match(turn('Read a.txt', []).text ?? '', /not a language model.*no tools/s);
  });

  it('is a pure function of the request', () => {
    assert.deepEqual(
      turn('List this folder, then read a.txt', FILES),
      turn('List this folder, then read a.txt', FILES),
    );
  });

  it('takes steps in order and knows a call again whatever the order of its arguments', () => {
    const task = 'Write "x" to a.txt and then read a.txt';
    const written = call('files__write_file', { content: 'x', path: '/w/a.txt' });
    assert.deepEqual(turn(task, FILES, [[written, 'ok']]).toolCalls, [call('files__read_file', { path: '/w/a.txt' })]);
  });

  it('never repeats a call, also where the step comes twice', () => {
    const read = call('files__read_file', { path: '/w/a.txt' });
    assert.equal(turn('Read a.txt. Then read a.txt.', FILES, [[read, 'A']]).toolCalls, undefined);
  });

  it('stops when somebody else drives the conversation', () => {
    const foreign: [ScriptedToolCall, string][] = Array.from({ length: 9 }, (_, i) => [call('other', { i }), 'ok']);
    assert.equal(turn('Read a.txt', FILES, foreign).toolCalls, undefined);
  });

  it('quotes the line that answers the question', () => {
    const past: [ScriptedToolCall, string][] = [
      [call('files__read_file', { path: '/w/a.md' }), '# Budget\n\nThe budget is 300.\n- **Deadline**: 3 May\n'],
    ];
    const { text: answer } = turn('Read a.md and tell me the deadline.', FILES, past);
    assert.match(answer ?? '', /> Deadline: 3 May/);
    assert.doesNotMatch(answer ?? '', /300/);
  });

  it('takes "it" for what the question found', () => {
    const past: [ScriptedToolCall, string][] = [
      [call('files__read_file', { path: '/w/a.md' }), 'Owner: Ada\nCity: Rome'],
    ];
    const { toolCalls } = turn('Read a.md, tell me the city and write it to b.txt', FILES, past);
    assert.deepEqual(toolCalls, [call('files__write_file', { path: '/w/b.txt', content: 'City: Rome' })]);
  });

  it('tells a failure and a refusal from a result', () => {
    const read = call('files__read_file', { path: '/w/a.md' });
    assert.match(turn('Read a.md', FILES, [[read, 'Error: disk on fire']]).text ?? '', /could not do.*disk on fire/);
    assert.match(
      turn('Read a.md', FILES, [[read, 'This call was refused and did not run. The person said no.']]).text ?? '',
      /was refused/,
    );
    assert.match(turn('Read a.md', FILES, [[read, 'Our users denied it.\nA long story']]).text ?? '', /A long story/);
  });

  it('changes nothing on a guess', () => {
    assert.equal(turn('Write a file', FILES).toolCalls, undefined);
    assert.equal(turn('Hello, how are you?', FILES).toolCalls, undefined);
  });

  it('fills nested arguments from the schema alone', () => {
    const person = {
      type: 'object',
      properties: { name: text, note: text, vip: { type: 'boolean' } },
      required: ['name', 'note', 'vip'],
    };
    const add = tool('crm_add_people', 'Add people', { people: { type: 'array', items: person } });
    const { toolCalls } = turn('Add people named "Ada" with the text "likes tea"', [add]);
    assert.deepEqual(toolCalls, [call('crm_add_people', { people: [{ name: 'Ada', note: 'likes tea', vip: false }] })]);
  });
});

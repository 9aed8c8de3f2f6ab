import assert from 'node:assert/strict';
import type { TaskRequest } from '../../../../src/tasks/types';
import { describePlan } from '../../../../src/vscode/taskFiles/previewText';
import type { ForeseenServer, TaskForesight } from '../../../../src/vscode/taskFiles/taskForesight';
import type { TaskPlan } from '../../../../src/vscode/taskFiles/taskPlan';

const plan: TaskPlan = {
  name: 'jobs/report',
  origin: 'jobs/report.task.md',
  task: {
    text: '# Heading\nDo it.',
    servers: { kind: 'all' },
    model: undefined,
    tools: [],
    limits: { rounds: undefined, tokens: undefined, minutes: undefined },
    approval: undefined,
  },
};

const request = (change: Partial<TaskRequest> = {}): TaskRequest => ({
  task: plan.task.text,
  model: undefined,
  servers: { kind: 'all' },
  maxRounds: 1_000,
  maxTokens: undefined,
  timeoutMs: undefined,
  ...change,
});

const server = (change: Partial<ForeseenServer> = {}): ForeseenServer => ({
  name: 'files',
  origin: '.mcp.json:3',
  start: 'agreed',
  isTrusted: false,
  tools: [],
  ...change,
});

const foresight = (change: Partial<TaskForesight> = {}): TaskForesight => ({
  model: { key: 'm', isAutomatic: true },
  modelWords: 'loaded, idle',
  servers: [],
  policy: 'ask',
  patience: undefined,
  ...change,
});

const preview = (change: Partial<TaskForesight> = {}, asked = request()): string =>
  describePlan(plan, asked, foresight(change)).preview;
const lines = (change: Partial<TaskForesight> = {}, asked = request()): readonly string[] =>
  describePlan(plan, asked, foresight(change)).lines;

describe('the preview of a task', () => {
  it('says of each tool what becomes of a call', () => {
    const tools = [
      { name: 'read', fate: 'runs', flags: ['It has | hidden\ncharacters.'] },
      { name: 'wri`te', fate: 'asks', flags: [] },
      { name: 'delete', fate: 'refused', flags: [] },
      { name: 'old', fate: 'off', flags: [] },
    ] as const;
    const text = preview({ servers: [server({ tools, isTrusted: true })] });
    assert.match(text, /### files\n\nDefined in `\.mcp\.json:3`\. It starts without a question/);
    assert.match(text, /You trust what it says of its tools\./);
    assert.ok(text.includes('| `read` | **runs without a question** It has \\| hidden characters. |'), text);
    assert.ok(text.includes("| `wri'te` | asks you |"));
    assert.ok(text.includes('| `delete` | refused by your settings |'));
    assert.ok(text.includes('| `old` | switched off, not offered |'));
    assert.deepEqual(lines({ servers: [server({ tools })] }).slice(1, 3), [
      'MCP servers: files',
      'Without a question: read',
    ]);
  });

  it('says what is not known, and what keeps a task from running', () => {
    assert.match(
      preview({ servers: [server({ tools: undefined, start: 'asks' })] }),
      /You are asked before it starts\.\n\nIts tools are known after its first start/,
    );
    assert.match(
      preview({ servers: [server({ start: 'missing', origin: undefined })] }),
      /There is no such server: the task does not run\.$/m,
    );
    assert.match(preview({ servers: [server({ start: 'disabled' })] }), /switched off or disabled/);
    assert.match(preview({ servers: [server({ start: { refused: 'Forbidden by you.' } })] }), /Forbidden by you\.\n$/);
    assert.match(preview({ servers: [server({ tools: undefined })] }), /`m`: loaded, idle/);
    assert.equal(
      lines({ servers: [server({ tools: undefined })] })[2],
      'Without a question: nothing that is known before the servers start',
    );
    assert.match(preview(), /None: the model only answers\./);
    assert.equal(
      lines({ model: undefined }, request({ model: 'gone' }))[0],
      'Model: gone, which the server does not have now',
    );
  });

  it('names many tools in short', () => {
    const tools = Array.from({ length: 12 }, (_, index) => ({ name: `t${index}`, fate: 'runs', flags: [] }) as const);
    assert.match(lines({ servers: [server({ tools })] })[2] ?? '', /^Without a question: t0, .*, t9 and 2 more$/);
  });

  it("says the limits that count, and what nobody's answer means", () => {
    assert.match(preview(), /Limits: rounds 1,000, tokens no limit, minutes no limit\./);
    const narrow = request({ maxTokens: 5_000, timeoutMs: 90_000 });
    assert.match(preview({}, narrow), /Limits: rounds 1,000, tokens 5,000, minutes 1\.5\./);
    assert.match(preview({ patience: 0 }), /When you are away, every question counts as answered with no\./);
    assert.match(preview({ patience: 1 }), /within a minute, the answer is no/);
    assert.match(preview({ patience: 10 }), /within 10 minutes, the answer is no/);
  });

  it('lets no words of a file look like its own', () => {
    assert.match(preview(), /^> # Heading$/m);
    assert.doesNotMatch(preview({ servers: [server({ name: 'a\n## Task' })] }), /^## Task\n\n?(?!\n*>)/m);
    assert.match(preview({ servers: [server({ name: 'a\n## b' })] }), /^### a ## b$/m);
  });
});

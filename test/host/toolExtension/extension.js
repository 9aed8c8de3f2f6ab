// Tools as any extension may have them. What they were asked stands in the file that the tests name.
const { appendFileSync } = require('node:fs');
const vscode = require('vscode');

const { LanguageModelTextPart, LanguageModelDataPart, LanguageModelPromptTsxPart, LanguageModelToolResult } = vscode;

const note = (text) => {
  const file = process.env.LMSTUDIO_BRIDGE_TEST_TOOL_NOTES;
  if (file) appendFileSync(file, `${text}\n`);
};
const text = (value) => new LanguageModelToolResult([new LanguageModelTextPart(value)]);

/** As @vscode/prompt-tsx writes it. */
const words = (value, more = {}) => ({ type: 2, text: value, priority: 1, ...more });
const prompt = {
  node: {
    type: 1,
    ctor: 1,
    children: [words('first line'), { type: 1, ctor: 2, children: [words('second line', { lineBreakBefore: true })] }],
  },
};

const tools = {
  test_echo: ({ input }) => {
    note(`echo ${JSON.stringify(input)}`);
    return text(`You said: ${input.text}`);
  },
  test_parts: () =>
    new LanguageModelToolResult([
      new LanguageModelTextPart('a text'),
      new LanguageModelPromptTsxPart(prompt),
      LanguageModelDataPart.json({ n: 1 }),
      LanguageModelDataPart.image(new Uint8Array([1, 2, 3]), 'image/png'),
      new LanguageModelDataPart(new Uint8Array([4, 5]), 'application/pdf'),
    ]),
  test_needs_chat: ({ toolInvocationToken }) => {
    if (!toolInvocationToken) throw new Error('toolInvocationToken is required for this tool');
    return text('in a chat');
  },
  test_fails: () => {
    throw new Error('The disk is full.');
  },
  test_waits: (options, token) =>
    new Promise((resolve) => {
      note('waiting');
      token.onCancellationRequested(() => {
        note('cancelled');
        resolve(text('never read'));
      });
    }),
  'mcp_lmstudio-bridge_run_task': () => text('a task within a task'),
};

exports.activate = (context) => {
  for (const [name, invoke] of Object.entries(tools)) {
    context.subscriptions.push(vscode.lm.registerTool(name, { invoke }));
  }
};

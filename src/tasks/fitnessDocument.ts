/** The result of a self-test as a document for people: what was found out, and what to do next. Pure. */
import { plain, table } from './doctorReport';
import type { ProbeReason, Verdict } from './fitnessProbes';
import type { FitnessReport } from './fitnessReport';
import { probeCells, subjectWords, summaryWords } from './fitnessText';

const MEANINGS: Readonly<Record<Verdict, string>> = {
  reliable: 'This model uses tools well enough for tasks that run on their own.',
  shaky: 'This model uses tools, but not always well: give it small tasks, and look at what it does.',
  no: 'This model cannot use tools as it is loaded now: tasks with MCP servers will not work with it.',
  unfinished: 'The time was up before there was enough to judge by.',
};

/** In Markdown. @param address of the server; @param readyFor what a person can do with a good model, by name */
export function fitnessDocument(report: FitnessReport, address: string): string {
  const titles = ['Probe', 'Result', 'Rounds', 'Time', 'Note'];
  return [
    `# Self-Test of ${plain(subjectWords(report))}`,
    '',
    plain(`${address} · ${report.testedAt}`),
    '',
    `**${sentence(plain(summaryWords(report)))}**`,
    '',
    MEANINGS[report.verdict],
    '',
    '## What to do next',
    '',
    ...fitnessAdvice(report).map((advice, index) => `${String(index + 1)}. ${advice}`),
    '',
    '## What was tested',
    '',
    'Five small tasks with tools that are built in: no MCP server of yours was started, and nothing was changed.',
    '',
    ...table(titles, report.probes.map(probeCells)),
    '',
  ].join('\n');
}

/** The most helpful first, each a sentence or two; never empty. */
export function fitnessAdvice({ verdict, probes }: Pick<FitnessReport, 'verdict' | 'probes'>): readonly string[] {
  const reasons = new Set(probes.flatMap(({ status, reason }) => (status === 'pass' || !reason ? [] : [reason])));
  const leaks = probes.some(({ recovered }) => recovered > 0);
  const specific = REASON_ADVICE.flatMap(([reason, advice]) => (reasons.has(reason) ? [advice] : []));
  const found = [...specific, ...(leaks ? [LEAK_ADVICE] : [])];
  switch (verdict) {
    case 'reliable':
      return [...found, 'Connect an MCP server, and run a task with it: *LM Studio: Run Task with One MCP Server…*.'];
    case 'shaky':
    case 'no':
      return [...found, OTHER_MODEL, LARGER_CONTEXT];
    case 'unfinished':
      return [...found, 'Run the self-test again: *LM Studio: Run Self-Test*.'];
  }
}

const OTHER_MODEL =
  'Choose a model that is trained for tool use: *LM Studio: Select Model for Tasks…* marks them, and a larger one of the same family is often better.';
const LARGER_CONTEXT =
  'Load the model with 16384 tokens of context or more: *LM Studio: Load Model with Options…*. What does not fit is cut off without a word.';
const PROMPTED =
  'Set `lmstudioBridge.toolCalls` to `prompted`: the tools are then described in the prompt, and calls are read from the answer.';
const LEAK_ADVICE =
  'Some calls stood in the text of the answer and were found there: an update of LM Studio or another build of the model may read them as calls.';

const REASON_ADVICE: readonly (readonly [ProbeReason, string])[] = [
  ['refused', `The server could not work with what the model wrote. ${PROMPTED}`],
  ['call-as-text', PROMPTED],
  ['no-call', `The model did not call a tool where it had to. ${PROMPTED}`],
  ['bad-arguments', 'Its arguments did not fit: prefer tools with few and plain arguments for this model.'],
  [
    'gave-up',
    'It does not correct a call that failed: expect to help it, with *LM Studio: Add Message to Running Task…*.',
  ],
  ['incomplete', 'It stops too early in longer work: give it one step at a time.'],
  ['wrong-answer', 'Check what it says against what the tools said: both stand in the output of a task.'],
  ['time', 'It was slow: a smaller model, a smaller quantisation or fewer other programs make it faster.'],
];

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

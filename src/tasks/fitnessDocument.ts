/** The result of a self-test as a document for people: what was found out, and what to do next. Pure. */
import * as l10n from '@vscode/l10n';
import { countText } from '../base/numberText';
import { COMFORTABLE_CONTEXT } from './doctorProbe';
import { plain, table } from './doctorReport';
import type { ProbeReason, Verdict } from './fitnessProbes';
import type { FitnessReport } from './fitnessReport';
import { probeCells, subjectWords, summaryWords } from './fitnessText';

/** In Markdown. @param address of the server; @param readyFor what a person can do with a good model, by name */
export function fitnessDocument(report: FitnessReport, address: string): string {
  const titles = [l10n.t('Probe'), l10n.t('Result'), l10n.t('Rounds'), l10n.t('Time'), l10n.t('Note')];
  return [
    `# ${l10n.t('Self-Test of {0}', plain(subjectWords(report)))}`,
    '',
    plain(`${address} · ${report.testedAt}`),
    '',
    `**${sentence(plain(summaryWords(report)))}**`,
    '',
    meaningOf(report.verdict),
    '',
    `## ${l10n.t('What to do next')}`,
    '',
    ...fitnessAdvice(report).map((advice, index) => `${String(index + 1)}. ${advice}`),
    '',
    `## ${l10n.t('What was tested')}`,
    '',
    l10n.t(
      'Five small tasks with tools that are built in: no MCP server of yours was started, and nothing was changed.',
    ),
    '',
    ...table(titles, report.probes.map(probeCells)),
    '',
  ].join('\n');
}

/** The most helpful first, each a sentence or two; never empty. */
export function fitnessAdvice({ verdict, probes }: Pick<FitnessReport, 'verdict' | 'probes'>): readonly string[] {
  const reasons = new Set(probes.flatMap(({ status, reason }) => (status === 'pass' || !reason ? [] : [reason])));
  const leaks = probes.some(({ recovered }) => recovered > 0);
  const specific = reasonAdvice().flatMap(([reason, advice]) => (reasons.has(reason) ? [advice] : []));
  const found = [...specific, ...(leaks ? [leakAdvice()] : [])];
  switch (verdict) {
    case 'reliable':
      return [
        ...found,
        l10n.t('Connect an MCP server, and run a task with it: *LM Studio: Run Task with One MCP Server…*.'),
      ];
    case 'shaky':
    case 'no':
      return [...found, otherModel(), largerContext()];
    case 'unfinished':
      return [...found, l10n.t('Run the self-test again: *LM Studio: Run Self-Test*.')];
  }
}

function meaningOf(verdict: Verdict): string {
  switch (verdict) {
    case 'reliable':
      return l10n.t('This model uses tools well enough for tasks that run on their own.');
    case 'shaky':
      return l10n.t('This model uses tools, but not always well: give it small tasks, and look at what it does.');
    case 'no':
      return l10n.t('This model cannot use tools as it is loaded now: tasks with MCP servers will not work with it.');
    case 'unfinished':
      return l10n.t('The time was up before there was enough to judge by.');
  }
}

function otherModel(): string {
  return l10n.t(
    'Choose a model that is trained for tool use: *LM Studio: Select Model for Tasks…* marks them, and a larger one of the same family is often better.',
  );
}

function largerContext(): string {
  return l10n.t(
    'Load the model with {0} tokens of context or more: *LM Studio: Load Model with Options…*. What does not fit is cut off without a word.',
    countText(COMFORTABLE_CONTEXT),
  );
}

function leakAdvice(): string {
  return l10n.t(
    'Some calls stood in the text of the answer and were found there: an update of LM Studio or another build of the model may read them as calls.',
  );
}

function reasonAdvice(): readonly (readonly [ProbeReason, string])[] {
  const prompted = l10n.t(
    'Set `lmstudioBridge.toolCalls` to `prompted`: the tools are then described in the prompt, and calls are read from the answer.',
  );
  return [
    ['refused', `${l10n.t('The server could not work with what the model wrote.')} ${prompted}`],
    ['call-as-text', prompted],
    ['no-call', `${l10n.t('The model did not call a tool where it had to.')} ${prompted}`],
    ['bad-arguments', l10n.t('Its arguments did not fit: prefer tools with few and plain arguments for this model.')],
    [
      'gave-up',
      l10n.t(
        'It does not correct a call that failed: expect to help it, with *LM Studio: Add Message to Running Task…*.',
      ),
    ],
    ['incomplete', l10n.t('It stops too early in longer work: give it one step at a time.')],
    ['wrong-answer', l10n.t('Check what it says against what the tools said: both stand in the output of a task.')],
    ['time', l10n.t('It was slow: a smaller model, a smaller quantisation or fewer other programs make it faster.')],
  ];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

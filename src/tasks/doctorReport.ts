/** The doctor's report as Markdown that reads well as it stands. Pure. */
import * as l10n from '@vscode/l10n';
import { decimalText } from '../base/numberText';
import { severityWord } from '../base/severityText';
import { type Model, modelState } from '../llm/lmstudio/model';
import type { ModelSpeed } from '../llm/speedLedger';
import { formatOrigin } from '../mcp/serverSpec';
import { visibleText } from '../base/visibleText';
import { FINDINGS, type Finding, type Remedy } from './doctorCatalogue';
import type { DoctorFacts, McpServerFacts, OtherServerFacts, ServerAnswer, ServerFacts, Timing } from './doctorFacts';
import { choose, megabytes } from './doctorFindings';
import { NEWEST_LIST } from './doctorProbe';
import { verdictWords } from './fitnessText';

const NO_SPEED: ModelSpeed = { firstByteMs: null, tokensPerSecond: null, promptTokensPerSecond: null };

/** @param nameOf what the command that helps is called at this door */
export function doctorReport(
  facts: DoctorFacts,
  findings: readonly Finding[],
  nameOf: (remedy: Remedy) => string,
): string {
  const { editor } = facts;
  return [
    `# ${l10n.t('LM Studio Doctor')}`,
    '',
    plain(`LM Studio Bridge ${editor.productVersion} · ${editor.name} ${editor.version} · ${facts.at}`),
    ...section(l10n.t('What to do next'), nextSteps(findings, nameOf)),
    ...section(l10n.t('Editor'), editorLines(facts)),
    ...section(l10n.t('Model server'), [
      ...serverLines(facts.server),
      ...items(...facts.otherServers.map(otherServerWords)),
    ]),
    ...section(l10n.t('Models'), modelLines(facts)),
    ...section(l10n.t('MCP servers'), facts.mcp.servers.length === 0 ? [l10n.t('None.')] : []),
    ...facts.mcp.servers.flatMap(mcpServerLines),
    ...section(l10n.t('Problems of configuration files'), problemLines(facts)),
    ...section(l10n.t('Settings that are not at their default'), settingLines(facts)),
    ...section(l10n.t('Journals of tasks'), journalLines(facts)),
    ...section(l10n.t('Last errors'), errorLines(facts)),
    ...section(l10n.t('Timings'), timingLines(facts)),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', `## ${title}`, '', ...lines];
}

function nextSteps(findings: readonly Finding[], nameOf: (remedy: Remedy) => string): readonly string[] {
  if (findings.length === 0) return [l10n.t('Nothing: all that was looked at is well.')];
  return findings.map(({ id, text }, index) => {
    const { severity, remedy } = FINDINGS[id];
    const advice = l10n.t('{0}: {1} What helps: **{2}**', severityWord(severity), plain(text), nameOf(remedy));
    return `${String(index + 1)}. ${advice} (\`${id}\`)`;
  });
}

/** Items of a list. */
function items(...lines: readonly (string | undefined)[]): readonly string[] {
  return lines.flatMap((line) => (line === undefined ? [] : [`- ${line}`]));
}

function editorLines({ editor }: DoctorFacts): readonly string[] {
  const { platform, node, remote, hasFolder, isTrusted } = editor;
  return items(
    l10n.t('Platform: {0}, Node.js {1}', plain(platform), plain(node)),
    remote === undefined ? l10n.t('Where: this computer') : l10n.t('Where: another computer ({0})', plain(remote)),
    !hasFolder
      ? l10n.t('Folder: none is open')
      : isTrusted
        ? l10n.t('Folder: open, trusted')
        : l10n.t('Folder: open, not trusted'),
  );
}

function serverLines(server: ServerFacts): readonly string[] {
  const { root, isConfigured, hasToken, answer, otherAddress } = server;
  const address = root === '' ? l10n.t('none that can be used') : plain(root);
  const about = [
    isConfigured
      ? l10n.t('Address: {0} (from the settings)', address)
      : l10n.t('Address: {0} (looked for on this computer)', address),
    hasToken ? l10n.t('API token: set') : l10n.t('API token: not set'),
    otherAddress === undefined ? undefined : l10n.t('LM Studio of this computer was set to: {0}', plain(otherAddress)),
  ];
  if (answer.kind === 'failed') {
    const { code, message, hint } = answer;
    return items(...about, l10n.t('Answer: none ({0}). {1}', code, plain([message, hint].filter(Boolean).join(' '))));
  }
  return items(...about, ...answerWords(answer));
}

/** Its health on one line. */
function otherServerWords({ name, root, answer }: OtherServerFacts): string {
  const who = [plain(name), root === '' ? l10n.t('none that can be used') : plain(root)] as const;
  if (answer.kind === 'failed') {
    const { code, message, hint } = answer;
    const why = plain([message, hint].filter(Boolean).join(' '));
    return l10n.t('Server "{0}" at {1}: no answer ({2}). {3}', ...who, code, why);
  }
  const { models, latencyMs } = answer;
  return models === 1
    ? l10n.t('Server "{0}" at {1}: answers in {2} ms, 1 model', ...who, latencyMs)
    : l10n.t('Server "{0}" at {1}: answers in {2} ms, {3} models', ...who, latencyMs, models);
}

function answerWords(answer: Extract<ServerAnswer, { kind: 'online' }>): readonly string[] {
  const { path, latencyMs, skipped, isLmStudio, loadsJustInTime } = answer;
  return [
    skipped === 0
      ? l10n.t('Answer: in {0} ms, models from {1}', latencyMs, path)
      : l10n.t('Answer: in {0} ms, models from {1}, {2} of them not readable', latencyMs, path, skipped),
    isLmStudio ? versionWords(path) : l10n.t('Kind: another server with the same interface'),
    loadsJustInTime === null
      ? l10n.t('Just-in-time loading: not known')
      : loadsJustInTime
        ? l10n.t('Just-in-time loading: on')
        : l10n.t('Just-in-time loading: off'),
  ];
}

/** The interface tells no version; which lists it has tells as much (reference 0). */
function versionWords(path: string): string {
  return path === NEWEST_LIST ? l10n.t('Kind: LM Studio, 0.4.0 or newer') : l10n.t('Kind: LM Studio, older than 0.4.0');
}

function modelLines({ models }: DoctorFacts): readonly string[] {
  const { list, chosen, selfTest } = models;
  const choice = choose(models);
  const forTasks = choice ? plain(choice.model.key) : l10n.t('no model');
  const intro = items(
    chosen === undefined
      ? l10n.t('For tasks: {0} (automatic)', forTasks)
      : l10n.t('For tasks: {0} (chosen in the settings)', forTasks),
    l10n.t('Its self-test: {0}', verdictWords(selfTest)),
    list.length === 0 ? l10n.t('The server lists no models.') : undefined,
  );
  if (list.length === 0) return intro;
  const rows = [...list]
    .sort((a, b) => Number(isLoaded(b)) - Number(isLoaded(a)) || a.key.localeCompare(b.key))
    .map((model) => modelRow(model, models.speeds.get(model.key) ?? NO_SPEED));
  return [...intro, '', ...table(modelTitles(), rows)];
}

function modelTitles(): readonly string[] {
  return [
    l10n.t('Model'),
    l10n.t('State'),
    l10n.t('Context loaded'),
    l10n.t('At most'),
    l10n.t('Tools'),
    l10n.t('First byte'),
    l10n.t('Tokens/s'),
  ];
}

function isLoaded(model: Model): boolean {
  return modelState(model) === 'loaded';
}

function modelRow(model: Model, { firstByteMs, tokensPerSecond }: ModelSpeed): readonly string[] {
  const loaded = model.instances?.find(({ contextLength }) => contextLength !== null)?.contextLength ?? null;
  const tools = model.toolUse === null ? '' : model.toolUse ? l10n.t('trained') : l10n.t('not trained');
  return [
    model.kind === 'embedding' ? l10n.t('{0} (embeddings)', model.key) : model.key,
    modelStateWord(modelState(model)),
    numberWords(loaded),
    numberWords(model.maxContextLength),
    tools,
    firstByteMs === null ? '' : `${String(Math.round(firstByteMs))} ms`,
    tokensPerSecond === null ? '' : decimalText(tokensPerSecond, 1),
  ];
}

function modelStateWord(state: ReturnType<typeof modelState>): string {
  return {
    loaded: l10n.t('loaded'),
    loading: l10n.t('loading'),
    'not-loaded': l10n.t('not loaded'),
    unknown: l10n.t('not known'),
  }[state];
}

function numberWords(value: number | null): string {
  return value === null ? '' : String(value);
}

function mcpServerLines(server: McpServerFacts): readonly string[] {
  const { name, product, origin, transport, block, failure, tail } = server;
  return [
    `### ${plain(name)}`,
    '',
    ...items(
      mcpStateWords(server),
      l10n.t('Consent: {0}', block === undefined ? consentWords(server) : plain(block)),
      l10n.t('Defined in: {0} ({1})', plain(formatOrigin(origin)), product),
      l10n.t('Reached by: {0}', plain(transport)),
      failure &&
        l10n.t('Error ({0}): {1}', failure.code, plain([failure.message, failure.hint].filter(Boolean).join(' '))),
      tail.length === 0 ? undefined : l10n.t('Its last lines:'),
    ),
    '',
    ...(tail.length === 0 ? [] : [...block4(tail), '']),
  ];
}

function mcpStateWords({ state, tools, startMs }: McpServerFacts): string {
  const word = {
    disabled: l10n.t('disabled'),
    'switched off': l10n.t('switched off'),
    stopped: l10n.t('stopped'),
    starting: l10n.t('starting'),
    ready: l10n.t('ready'),
    failed: l10n.t('failed'),
  }[state];
  const offers = tools === undefined ? [] : [tools === 1 ? l10n.t('1 tool') : l10n.t('{0} tools', tools)];
  const time = startMs === undefined ? [] : [l10n.t('started in {0} s', decimalText(startMs / 1000, 1))];
  return l10n.t('State: {0}', [word, ...offers, ...time].join(', '));
}

function consentWords({ needsConsent, isTrusted }: McpServerFacts): string {
  if (needsConsent) return isTrusted ? l10n.t('asks before it starts, trusted') : l10n.t('asks before it starts');
  return isTrusted ? l10n.t('may start, trusted') : l10n.t('may start');
}

/** An indented block: no fence that a line could end. */
function block4(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${visibleText(line).replaceAll('\n', ' ')}`);
}

function problemLines({ mcp }: DoctorFacts): readonly string[] {
  if (mcp.diagnostics.length === 0) return [l10n.t('None.')];
  return mcp.diagnostics.map(
    ({ severity, message, ...place }) =>
      `- ${severityWord(severity)}: ${plain(`${formatOrigin(place)}:${String(place.column)}`)}: ${plain(message)}`,
  );
}

function settingLines({ settings }: DoctorFacts): readonly string[] {
  if (settings.changed.length === 0) return [l10n.t('None.')];
  return settings.changed.map(({ key, value }) => `- ${key}: ${plain(value)}`);
}

function journalLines({ journals }: DoctorFacts): readonly string[] {
  if (!journals) return [l10n.t('They could not be looked at.')];
  const { folder, bytes, count, interrupted } = journals;
  return items(
    l10n.t('Folder: {0}', plain(folder)),
    count === 1
      ? l10n.t('Size: {0}, 1 task, of them interrupted: {1}', megabytes(bytes), interrupted)
      : l10n.t('Size: {0}, {1} tasks, of them interrupted: {2}', megabytes(bytes), count, interrupted),
  );
}

function errorLines({ errors }: DoctorFacts): readonly string[] {
  return errors.length === 0
    ? [l10n.t('None in this window.')]
    : errors.map(({ at, message }) => `- ${at}: ${plain(message)}`);
}

function timingLines({ timings }: DoctorFacts): readonly string[] {
  return items(...timings.map(timingWords));
}

function timingWords({ what: written, ms, end }: Timing): string {
  const [what, time] = [plain(written), Math.round(ms)];
  if (end === 'done') return l10n.t('{0}: {1} ms', what, time);
  return end === 'failed' ? l10n.t('{0}: {1} ms, failed', what, time) : l10n.t('{0}: {1} ms, given up', what, time);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)];
}

function cell(text: string): string {
  return plain(text).replaceAll('|', '\\|');
}

/** On one line, with nothing hidden in it, and neither a link nor a tag: readable as it stands, and harmless when shown. */
export function plain(text: string): string {
  return visibleText(text)
    .replace(/\s+/g, ' ')
    .trim()
    .replaceAll('](', '] (')
    .replace(/<(?=[a-z/!?])/gi, '\\<');
}

/** The doctor's report as Markdown that reads well as it stands. Pure. */
import { type Model, modelState } from '../llm/lmstudio/model';
import type { ModelSpeed } from '../llm/speedLedger';
import { formatOrigin } from '../mcp/serverSpec';
import { visibleText } from '../base/visibleText';
import { FINDINGS, type Finding, type Remedy, type Severity } from './doctorCatalogue';
import type { DoctorFacts, McpServerFacts, ServerFacts } from './doctorFacts';
import { choose, megabytes } from './doctorFindings';
import { NEWEST_LIST } from './doctorProbe';
import { verdictWords } from './fitnessText';

const SEVERITIES: Readonly<Record<Severity, string>> = { error: 'Error', warning: 'Warning', info: 'Note' };
const NO_SPEED: ModelSpeed = { firstByteMs: null, tokensPerSecond: null, promptTokensPerSecond: null };

/** @param nameOf what the command that helps is called at this door */
export function doctorReport(
  facts: DoctorFacts,
  findings: readonly Finding[],
  nameOf: (remedy: Remedy) => string,
): string {
  const { editor } = facts;
  return [
    '# LM Studio Doctor',
    '',
    plain(`LM Studio Bridge ${editor.productVersion} · ${editor.name} ${editor.version} · ${facts.at}`),
    ...section('What to do next', nextSteps(findings, nameOf)),
    ...section('Editor', editorLines(facts)),
    ...section('Model server', serverLines(facts.server)),
    ...section('Models', modelLines(facts)),
    ...section('MCP servers', facts.mcp.servers.length === 0 ? ['None.'] : []),
    ...facts.mcp.servers.flatMap(mcpServerLines),
    ...section('Problems of configuration files', problemLines(facts)),
    ...section('Settings that are not at their default', settingLines(facts)),
    ...section('Journals of tasks', journalLines(facts)),
    ...section('Last errors', errorLines(facts)),
    ...section('Timings', timingLines(facts)),
    '',
  ].join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ['', `## ${title}`, '', ...lines];
}

function nextSteps(findings: readonly Finding[], nameOf: (remedy: Remedy) => string): readonly string[] {
  if (findings.length === 0) return ['Nothing: all that was looked at is well.'];
  return findings.map(({ id, text }, index) => {
    const { severity, remedy } = FINDINGS[id];
    return `${String(index + 1)}. ${SEVERITIES[severity]}: ${plain(text)} What helps: **${nameOf(remedy)}** (\`${id}\`)`;
  });
}

function editorLines({ editor }: DoctorFacts): readonly string[] {
  return [
    `- Platform: ${plain(editor.platform)}, Node.js ${plain(editor.node)}`,
    `- Where: ${editor.remote === undefined ? 'this computer' : `another computer (${plain(editor.remote)})`}`,
    `- Folder: ${editor.hasFolder ? (editor.isTrusted ? 'open, trusted' : 'open, not trusted') : 'none is open'}`,
  ];
}

function serverLines(server: ServerFacts): readonly string[] {
  const { root, isConfigured, hasToken, answer, otherAddress } = server;
  const address = root === '' ? 'none that can be used' : plain(root);
  const about = [
    `- Address: ${address} (${isConfigured ? 'from the settings' : 'looked for on this computer'})`,
    `- API token: ${hasToken ? 'set' : 'not set'}`,
    ...(otherAddress === undefined ? [] : [`- LM Studio of this computer was set to: ${plain(otherAddress)}`]),
  ];
  if (answer.kind === 'failed') {
    const { code, message, hint } = answer;
    return [...about, `- Answer: none (${code}). ${plain(message)}${hint === undefined ? '' : ` ${plain(hint)}`}`];
  }
  const { path, latencyMs, skipped, isLmStudio, loadsJustInTime } = answer;
  const jit = loadsJustInTime === null ? 'not known' : loadsJustInTime ? 'on' : 'off';
  return [
    ...about,
    `- Answer: in ${String(latencyMs)} ms, models from ${path}${skipped === 0 ? '' : `, ${String(skipped)} of them not readable`}`,
    `- Kind: ${isLmStudio ? `LM Studio, ${versionWords(path)}` : 'another server with the same interface'}`,
    `- Just-in-time loading: ${jit}`,
  ];
}

/** The interface tells no version; which lists it has tells as much (reference 0). */
function versionWords(path: string): string {
  return path === NEWEST_LIST ? '0.4.0 or newer' : 'older than 0.4.0';
}

function modelLines({ models }: DoctorFacts): readonly string[] {
  const { list, chosen, selfTest } = models;
  const choice = choose(models);
  const forTasks = choice ? plain(choice.model.key) : 'none';
  const intro = [
    `- For tasks: ${forTasks} (${chosen === undefined ? 'automatic' : 'chosen in the settings'})`,
    `- Its self-test: ${verdictWords(selfTest)}`,
    '',
  ];
  if (list.length === 0) return [...intro.slice(0, -1), '- The server lists no models.'];
  const rows = [...list]
    .sort((a, b) => Number(isLoaded(b)) - Number(isLoaded(a)) || a.key.localeCompare(b.key))
    .map((model) => modelRow(model, models.speeds.get(model.key) ?? NO_SPEED));
  return [...intro, ...table(['Model', 'State', 'Context loaded', 'At most', 'Tools', 'First byte', 'Tokens/s'], rows)];
}

function isLoaded(model: Model): boolean {
  return modelState(model) === 'loaded';
}

function modelRow(model: Model, { firstByteMs, tokensPerSecond }: ModelSpeed): readonly string[] {
  const loaded = model.instances?.find(({ contextLength }) => contextLength !== null)?.contextLength ?? null;
  const tools = model.toolUse === null ? '' : model.toolUse ? 'trained' : 'not trained';
  return [
    model.kind === 'embedding' ? `${model.key} (embeddings)` : model.key,
    modelState(model),
    numberWords(loaded),
    numberWords(model.maxContextLength),
    tools,
    firstByteMs === null ? '' : `${String(Math.round(firstByteMs))} ms`,
    tokensPerSecond === null ? '' : tokensPerSecond.toFixed(1),
  ];
}

function numberWords(value: number | null): string {
  return value === null ? '' : String(value);
}

function mcpServerLines(server: McpServerFacts): readonly string[] {
  const { name, product, origin, transport, state, tools, startMs, needsConsent, isTrusted, block, failure } = server;
  const offers = tools === undefined ? '' : `, ${String(tools)} tools`;
  const time = startMs === undefined ? '' : `, started in ${(startMs / 1000).toFixed(1)} s`;
  const consent = [needsConsent ? 'asks before it starts' : 'may start', ...(isTrusted ? ['trusted'] : [])].join(', ');
  const { tail } = server;
  return [
    `### ${plain(name)}`,
    '',
    `- State: ${state}${offers}${time}`,
    `- Consent: ${block === undefined ? consent : plain(block)}`,
    `- Defined in: ${plain(formatOrigin(origin))} (${product})`,
    `- Reached by: ${plain(transport)}`,
    ...(failure
      ? [`- Error (${failure.code}): ${plain([failure.message, failure.hint].filter(Boolean).join(' '))}`]
      : []),
    ...(tail.length === 0 ? [''] : ['- Its last lines:', '', ...block4(tail), '']),
  ];
}

/** An indented block: no fence that a line could end. */
function block4(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `    ${visibleText(line).replaceAll('\n', ' ')}`);
}

function problemLines({ mcp }: DoctorFacts): readonly string[] {
  if (mcp.diagnostics.length === 0) return ['None.'];
  return mcp.diagnostics.map(
    ({ severity, message, ...place }) =>
      `- ${SEVERITIES[severity]}: ${plain(`${formatOrigin(place)}:${String(place.column)}`)}: ${plain(message)}`,
  );
}

function settingLines({ settings }: DoctorFacts): readonly string[] {
  if (settings.changed.length === 0) return ['None.'];
  return settings.changed.map(({ key, value }) => `- ${key}: ${plain(value)}`);
}

function journalLines({ journals }: DoctorFacts): readonly string[] {
  if (!journals) return ['They could not be looked at.'];
  const { folder, bytes, count, interrupted } = journals;
  return [
    `- Folder: ${plain(folder)}`,
    `- Size: ${megabytes(bytes)}, ${String(count)} tasks, of them interrupted: ${String(interrupted)}`,
  ];
}

function errorLines({ errors }: DoctorFacts): readonly string[] {
  return errors.length === 0 ? ['None in this window.'] : errors.map(({ at, message }) => `- ${at}: ${plain(message)}`);
}

function timingLines({ timings }: DoctorFacts): readonly string[] {
  const words = { done: '', failed: ', failed', late: ', given up' };
  return timings.map(({ what, ms, end }) => `- ${what}: ${String(Math.round(ms))} ms${words[end]}`);
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

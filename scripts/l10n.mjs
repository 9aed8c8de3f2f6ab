// Texts in several languages: node scripts/l10n.mjs [--check] [--prune] [--root DIR]
//                            node scripts/l10n.mjs --missing LANGUAGE | --fill LANGUAGE FILE | --pseudo
//
// Without an option it moves the texts of package.json into package.nls.json, and those of `l10n.t(…)` in src into
// l10n/bundle.l10n.json; then it says what the other languages lack, and what they have too much (`--prune` takes that
// away). `--check` writes nothing, and fails where something is to be done. `--missing` prints what a language lacks, as
// JSON; `--fill` puts the same JSON, translated, into its files. `--pseudo` writes marked, longer texts to out/l10n.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { getL10nJson, getL10nPseudoLocalized } from '@vscode/l10n-dev';
import { Failure, runMain } from './lib/main.mjs';
import { isReference, textPlaces } from './lib/manifestTexts.mjs';
import { root as repository } from './lib/paths.mjs';

const BUNDLE = 'bundle.l10n';

/** The two kinds of texts: what VS Code shows for us, and what the code says. */
const fileOf = {
  manifest: (language) => (language ? `package.nls.${language}.json` : 'package.nls.json'),
  code: (language) => path.join('l10n', language ? `${BUNDLE}.${language}.json` : `${BUNDLE}.json`),
};
const KINDS = Object.keys(fileOf);

class Texts {
  /** Whether anything was written, or would have been. */
  changes = [];

  constructor(root, { isDry }) {
    this.root = root;
    this.isDry = isDry;
  }

  read(file) {
    const at = path.join(this.root, file);
    return existsSync(at) ? JSON.parse(readFileSync(at, 'utf8')) : {};
  }

  write(file, content) {
    const at = path.join(this.root, file);
    const text = `${JSON.stringify(content, null, 2)}\n`;
    if (existsSync(at) && readFileSync(at, 'utf8') === text) return;
    this.changes.push(file);
    if (this.isDry) return;
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
  }

  /** Those that there are files of, English apart. */
  get languages() {
    const names = [this.root, path.join(this.root, 'l10n')].flatMap((folder) =>
      existsSync(folder) ? readdirSync(folder) : [],
    );
    const found = names.flatMap((name) => /^(?:package\.nls|bundle\.l10n)\.([\w-]+)\.json$/.exec(name)?.[1] ?? []);
    return [...new Set(found)].sort();
  }
}

/** Moves what stands in package.json into package.nls.json. A text that stands there anew takes the place of the old one. */
function moveManifestTexts(texts) {
  const manifest = texts.read('package.json');
  const before = texts.read(fileOf.manifest());
  const after = {};
  const changed = new Set();
  for (const { key, text, write } of textPlaces(manifest)) {
    const own = isReference(text) ? text.slice(1, -1) : key;
    const value = isReference(text) ? before[own] : text;
    if (value === undefined) throw new Failure(`${fileOf.manifest()} has no text "${own}".`);
    if (own in after && after[own] !== value)
      throw new Failure(`"${own}" stands for two texts: "${after[own]}", "${value}".`);
    if (own in before && before[own] !== value) changed.add(own);
    after[own] = value;
    write(`%${own}%`);
  }
  texts.write('package.json', manifest);
  texts.write(fileOf.manifest(), after);
  // What was translated was another text.
  for (const language of changed.size > 0 ? texts.languages : []) {
    const file = fileOf.manifest(language);
    texts.write(file, Object.fromEntries(Object.entries(texts.read(file)).filter(([key]) => !changed.has(key))));
  }
  return after;
}

async function collectCodeTexts(texts) {
  const folder = path.join(texts.root, 'src');
  const names = readdirSync(folder, { recursive: true });
  const files = names
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => ({ extension: '.ts', contents: readFileSync(path.join(folder, name), 'utf8') }));
  const found = await getL10nJson(files);
  const sorted = Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
  texts.write(fileOf.code(), sorted);
  return sorted;
}

/** What a language lacks and has too much, by kind. */
function compare(texts, english, language) {
  return KINDS.map((kind) => {
    const own = texts.read(fileOf[kind](language));
    return {
      kind,
      own,
      missing: Object.entries(english[kind]).filter(([key]) => !(key in own)),
      unknown: Object.keys(own).filter((key) => !(key in english[kind])),
      unlike: Object.entries(own).filter(
        ([key, text]) => key in english[kind] && !hasSamePlaces(english[kind][key], text),
      ),
    };
  });
}

const messageOf = (text) => (typeof text === 'string' ? text : text.message);

/** Placeholders, links to commands and settings, and icons are the same in every language. */
function hasSamePlaces(english, other) {
  const places = (text) =>
    [...messageOf(text).matchAll(/\{\w+\}|\((?:command:|https?:)[^)]*\)|`#[^`]+#`|\$\([\w-]+\)/g)]
      .map(String)
      .sort()
      .join(' ');
  return places(english) === places(other);
}

function report(texts, english, language) {
  const problems = [];
  for (const { kind, missing, unknown, unlike } of compare(texts, english, language)) {
    const file = fileOf[kind](language);
    for (const [key] of missing) problems.push(`${file} lacks "${key}"`);
    for (const key of unknown) problems.push(`${file} has "${key}", which nobody needs`);
    for (const [key] of unlike)
      problems.push(`${file}: "${key}" has other placeholders or links than the English text`);
  }
  return problems;
}

function fill(texts, english, language, file) {
  const given = JSON.parse(readFileSync(file, 'utf8'));
  for (const kind of KINDS) {
    const known = { ...texts.read(fileOf[kind](language)), ...given[kind] };
    const ordered = Object.keys(english[kind]).filter((key) => key in known);
    texts.write(fileOf[kind](language), Object.fromEntries(ordered.map((key) => [key, known[key]])));
  }
}

function prune(texts, english, language) {
  for (const { kind, own } of compare(texts, english, language)) {
    const kept = Object.keys(english[kind]).filter((key) => key in own);
    texts.write(fileOf[kind](language), Object.fromEntries(kept.map((key) => [key, own[key]])));
  }
}

function writePseudo(texts, english) {
  for (const kind of KINDS)
    texts.write(path.join('out', 'l10n', fileOf[kind]('qps-ploc')), getL10nPseudoLocalized(english[kind]));
}

function printMissing(texts, english, language) {
  const lists = compare(texts, english, language).map(({ kind, missing }) => [
    kind,
    Object.fromEntries(missing.map(([key, text]) => [key, messageOf(text)])),
  ]);
  console.log(JSON.stringify(Object.fromEntries(lists), null, 2));
}

runMain(import.meta.url, async (args) => {
  const after = (flag, offset = 1) => (args.includes(flag) ? args[args.indexOf(flag) + offset] : undefined);
  const isCheck = args.includes('--check');
  const [missing, filled] = [after('--missing'), after('--fill')];
  const texts = new Texts(after('--root') ?? repository, { isDry: isCheck || missing !== undefined });
  const english = { manifest: moveManifestTexts(texts), code: await collectCodeTexts(texts) };
  if (missing !== undefined) return printMissing(texts, english, missing);
  if (filled !== undefined) fill(texts, english, filled, after('--fill', 2));
  if (args.includes('--pseudo')) writePseudo(texts, english);
  if (args.includes('--prune')) for (const language of texts.languages) prune(texts, english, language);
  const problems = texts.languages.flatMap((language) => report(texts, english, language));
  for (const file of new Set(texts.changes))
    console.log(isCheck ? `${file} is not up to date: npm run l10n` : `Wrote ${file}`);
  for (const problem of problems) console.log(problem);
  if (problems.length === 0) {
    const counts = KINDS.map((kind) => Object.keys(english[kind]).length);
    console.log(
      `${counts[0]} texts of package.json and ${counts[1]} of the code, in English and ${texts.languages.join(', ')}`,
    );
  }
  return problems.length > 0 || (isCheck && texts.changes.length > 0) ? 1 : 0;
});

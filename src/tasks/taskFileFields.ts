/** What the front matter of a task file says, field by field. Every value was written by others. */
import * as l10n from '@vscode/l10n';
import { isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { errorMessage } from '../base/errors';
import { APPROVAL_POLICIES, type ApprovalPolicy } from '../policy/approvalPolicy';
import { INPUT_KEYS, LIMIT_KEYS, TASK_FILE_KEYS } from './taskFileKeys';
import type { TaskFileParts } from './taskFileParts';
import { type KeyOwner, oddKeyText, unknownKeyText } from './taskFileKeyTexts';
import type { TaskFileProblems } from './taskFileProblems';
import type { ServerSelection } from './types';

/** A value that the person is asked for before the task starts. */
export interface TaskInput {
  readonly name: string;
  readonly description: string | undefined;
  readonly default: string | undefined;
}

export interface TaskFile {
  /** What to do, with its references to inputs. */
  readonly text: string;
  /** None where the file does not say. */
  readonly servers: ServerSelection;
  readonly model: string | undefined;
  /** As `TaskRequest.tools`. */
  readonly tools: readonly string[];
  /** What it does not say is left to the settings, which it can only narrow. */
  readonly limits: {
    readonly rounds: number | undefined;
    readonly tokens: number | undefined;
    readonly minutes: number | undefined;
  };
  /** Counts where it is stricter than the settings. */
  readonly approval: ApprovalPolicy | undefined;
  readonly inputs: readonly TaskInput[];
}

/** Where an input is named in the front matter. */
export interface InputPlace {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** A server or a model that the front matter names. */
export interface NamePlace extends InputPlace {
  readonly kind: 'server' | 'model';
}

export type FrontMatter = Omit<TaskFile, 'text'> & {
  readonly inputPlaces: readonly InputPlace[];
  readonly names: readonly NamePlace[];
};

/** Some crafted texts take a parser seconds for each 10,000 characters more. */
const MAX_FRONT_MATTER = 20_000;

const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_.-]*$/u;

/** Tells all that is wrong to `problems`; what is wrong counts as not said. Never throws. */
export function readFrontMatter(text: string, { front }: TaskFileParts, problems: TaskFileProblems): FrontMatter {
  const reader = new FieldReader(front?.start ?? 0, problems);
  const fields = front ? reader.topLevel(text.slice(front.start, front.end)) : new Map<string, Field>();
  const limits = reader.members(fields.get('limits'), 'limits', LIMIT_KEYS);
  const inputs = reader.inputs(fields.get('inputs'));
  return {
    servers: reader.servers(fields.get('servers')),
    model: reader.text(fields.get('model'), 'model'),
    tools: reader.texts(fields.get('tools'), 'tools') ?? [],
    limits: {
      rounds: reader.number(limits.get('rounds'), 'rounds', true),
      tokens: reader.number(limits.get('tokens'), 'tokens', true),
      minutes: reader.number(limits.get('minutes'), 'minutes', false),
    },
    approval: reader.approval(fields.get('approval')),
    inputs: inputs.map(({ input }) => input),
    names: [...reader.namesIn('server', fields.get('servers')), ...reader.namesIn('model', fields.get('model'))],
    inputPlaces: inputs.map(({ input, start, end }) => ({ name: input.name, start, end })),
  };
}

/** A key and its value as YAML's nodes; offsets are those of the whole file. */
interface Field {
  readonly key: string;
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

class FieldReader {
  constructor(
    /** Where the YAML begins in the file. */
    private readonly offset: number,
    private readonly problems: TaskFileProblems,
  ) {}

  topLevel(yaml: string): ReadonlyMap<string, Field> {
    const document = this.#parse(yaml);
    if (!document?.contents) return new Map();
    const { contents } = document;
    if (isScalar(contents) && contents.value === null) return new Map();
    if (isMap(contents)) return this.#fields(contents, { kind: 'front' }, TASK_FILE_KEYS);
    this.problems.add(
      'error',
      l10n.t('The front matter must be lines of the form "key: value".'),
      ...this.#placeOf(contents),
    );
    return new Map();
  }

  /** The members of a value that is made of some; none where it is not there. */
  members(field: Field | undefined, name: string, known: readonly string[]): ReadonlyMap<string, Field> {
    if (!field) return new Map();
    if (isMap(field.value)) return this.#fields(field.value, { kind: 'value', of: name }, known);
    this.#wrong(
      field,
      l10n.t('"{0}" must hold {1}, each on a line of its own.', name, known.map((key) => `"${key}"`).join(', ')),
    );
    return new Map();
  }

  servers(field: Field | undefined): ServerSelection {
    if (!field) return { kind: 'none' };
    const word = isScalar(field.value) ? field.value.value : undefined;
    if (isWord(word)) return { kind: word };
    const names = this.texts(
      field,
      'servers',
      l10n.t('"servers" must be a list of names, or one of the words "all" and "none".'),
    );
    return names && names.length > 0 ? { kind: 'named', names } : { kind: 'none' };
  }

  /** Without the words that are no names. */
  namesIn(kind: NamePlace['kind'], field: Field | undefined): readonly NamePlace[] {
    const nodes = isSeq(field?.value) ? field.value.items : [field?.value];
    return nodes.flatMap((node) => {
      const name = textOf(node);
      if (name === undefined || (kind === 'server' && node === field?.value && isWord(name))) return [];
      const [start, end] = this.#placeOf(node);
      return [{ kind, name, start, end }];
    });
  }

  text(field: Field | undefined, name: string): string | undefined {
    if (!field) return undefined;
    const value = textOf(field.value);
    if (value === undefined) this.#wrong(field, l10n.t('"{0}" must be a text.', name));
    return value;
  }

  /** A text alone counts as a list of one. */
  texts(field: Field | undefined, name: string, problem?: string): readonly string[] | undefined {
    if (!field) return undefined;
    const alone = textOf(field.value);
    if (alone !== undefined) return [alone];
    const items = isSeq(field.value) ? field.value.items.map(textOf) : [undefined];
    const texts = items.filter((item) => item !== undefined);
    if (texts.length === items.length) return [...new Set(texts)];
    this.#wrong(field, problem ?? l10n.t('"{0}" must be a list of names.', name));
    return undefined;
  }

  number(field: Field | undefined, name: string, isWhole: boolean): number | undefined {
    if (!field) return undefined;
    const value = isScalar(field.value) ? field.value.value : undefined;
    const fits = typeof value === 'number' && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value));
    if (fits && value > 0) return value;
    this.#wrong(
      field,
      isWhole ? l10n.t('"{0}" must be a whole number above 0.', name) : l10n.t('"{0}" must be a number above 0.', name),
    );
    return undefined;
  }

  approval(field: Field | undefined): ApprovalPolicy | undefined {
    const said = this.text(field, 'approval');
    const policy = APPROVAL_POLICIES.find((known) => known === said);
    if (field && said !== undefined && !policy) {
      const [start, end] = this.#placeOf(field.value);
      this.problems.addUnknown(l10n.t('"{0}" is no value of "approval".', said), said, APPROVAL_POLICIES, start, end);
    }
    return policy;
  }

  inputs(field: Field | undefined): readonly { input: TaskInput; start: number; end: number }[] {
    if (!field) return [];
    if (!isMap(field.value)) {
      this.#wrong(field, l10n.t('"inputs" must hold a name on each line, such as "topic: What to write about".'));
      return [];
    }
    return [...this.#fields(field.value, { kind: 'value', of: 'inputs' }).values()].map((one) => {
      const { key: name, start, end } = one;
      if (!NAME.test(name)) {
        const message = l10n.t('The name "{0}" may hold letters, digits, "_", "-" and "." only.', name);
        this.problems.add('error', message, start, end);
      }
      return { input: this.#input(one), start, end };
    });
  }

  #input(field: Field): TaskInput {
    const { key: name, value } = field;
    if (value === null || (isScalar(value) && value.value === null)) {
      return { name, description: undefined, default: undefined };
    }
    if (!isMap(value)) return { name, description: this.text(field, name), default: undefined };
    const members = this.#fields(value, { kind: 'input', of: name }, INPUT_KEYS);
    return { name, description: this.text(members.get('description'), 'description'), default: this.#default(members) };
  }

  /** A number or a yes is a text here: it becomes part of one. */
  #default(members: ReadonlyMap<string, Field>): string | undefined {
    const field = members.get('default');
    const value = field && isScalar(field.value) ? field.value.value : undefined;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    return this.text(field, 'default');
  }

  #parse(yaml: string) {
    if (yaml.length > MAX_FRONT_MATTER) {
      const message = l10n.t(
        'The front matter is longer than {0} characters: write the task below it.',
        MAX_FRONT_MATTER,
      );
      this.problems.add('error', message, this.offset, this.offset);
      return undefined;
    }
    try {
      const document = parseDocument(yaml, { prettyErrors: false, version: '1.2', merge: false });
      for (const { message, pos } of document.errors) {
        const problem = l10n.t('The front matter is no valid YAML: {0}', message);
        this.problems.add('error', problem, ...this.#shift(pos));
      }
      return document.errors.length === 0 ? document : undefined;
    } catch (error) {
      // Such as an abyss of brackets.
      const message = l10n.t('The front matter cannot be read: {0}', errorMessage(error));
      this.problems.add('error', message, this.offset, this.offset + yaml.length);
      return undefined;
    }
  }

  /** Where `known` is given, other keys are errors: a slip such as "aproval" would else loosen what was meant. */
  #fields(map: YAMLMap, owner: KeyOwner, known?: readonly string[]): ReadonlyMap<string, Field> {
    const fields = new Map<string, Field>();
    for (const pair of map.items) {
      const [start, end] = this.#placeOf(pair.key);
      const key = keyOf(pair);
      if (key === undefined) this.problems.add('error', oddKeyText(owner), start, end);
      else if (known && !known.includes(key)) {
        this.problems.addUnknown(unknownKeyText(owner, key), key, known, start, end);
      } else fields.set(key, { key, value: pair.value, start, end });
    }
    return fields;
  }

  #wrong({ value, start, end }: Field, message: string): void {
    const place = hasRange(value) ? this.#shift(value.range) : ([start, end] as const);
    this.problems.add('error', message, ...place);
  }

  #placeOf(node: unknown): readonly [number, number] {
    return hasRange(node) ? this.#shift(node.range) : [this.offset, this.offset];
  }

  #shift([start, end]: readonly [number, number, ...number[]]): readonly [number, number] {
    return [this.offset + start, this.offset + end];
  }
}

function isWord(value: unknown): value is 'all' | 'none' {
  return value === 'all' || value === 'none';
}

function textOf(node: unknown): string | undefined {
  const value = isScalar(node) ? node.value : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function keyOf({ key }: Pair): string | undefined {
  if (!isScalar(key)) return undefined;
  const { value } = key;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function hasRange(node: unknown): node is { readonly range: readonly [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

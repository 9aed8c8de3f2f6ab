/** A tool's input schema as text that keeps to a size. */
import { isJsonObject, type JsonObject, type JsonValue } from '../base/json';

export interface SchemaView {
  readonly text: string;
  /** Something was left out. */
  readonly isShort: boolean;
}

/** How much is kept, from nearly all to hardly anything. `notes`: characters of each description. */
const STEPS = [
  { depth: 8, notes: 120, choices: 20 },
  { depth: 3, notes: 60, choices: 10 },
  { depth: 2, notes: 0, choices: 5 },
  { depth: 1, notes: 0, choices: 0 },
] as const;

type Step = (typeof STEPS)[number];

/** The schema as JSON where that fits, else without what matters least; at the worst, as many of its names as fit. */
export function viewSchema(schema: JsonObject, maxChars: number): SchemaView {
  const whole = JSON.stringify(schema);
  if (whole.length <= maxChars) return { text: whole, isShort: false };
  for (const step of STEPS) {
    const text = JSON.stringify(outline(schema, step, step.depth));
    if (text.length <= maxChars) return { text, isShort: true };
  }
  return { text: namesOnly(schema, maxChars), isShort: true };
}

const OF_SCHEMAS = new Set(['properties', 'patternProperties', '$defs', 'definitions']);
const OF_A_SCHEMA = new Set(['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains']);
const OF_ALTERNATIVES = new Set(['anyOf', 'oneOf', 'allOf', 'prefixItems']);
/** What a value must be, in a word. */
const KINDS = new Set(['type', '$ref', 'const', 'format']);

function outline(schema: JsonObject, step: Step, depth: number): JsonObject {
  const entries = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (KINDS.has(key)) return [[key, value]];
    if (key === 'required' && depth > 0) return [[key, value]];
    if (key === 'description')
      return typeof value === 'string' && step.notes > 0 ? [[key, cut(value, step.notes)]] : [];
    if (key === 'enum') return Array.isArray(value) && step.choices > 0 ? [[key, value.slice(0, step.choices)]] : [];
    if (depth <= 0) return [];
    if (OF_SCHEMAS.has(key) && isJsonObject(value))
      return [[key, mapValues(value, (each) => inner(each, step, depth))]];
    if (OF_A_SCHEMA.has(key)) return [[key, inner(value, step, depth)]];
    if (OF_ALTERNATIVES.has(key) && Array.isArray(value)) return [[key, value.map((each) => inner(each, step, depth))]];
    return [];
  });
  return Object.fromEntries(entries);
}

function inner(value: JsonValue, step: Step, depth: number): JsonValue {
  return isJsonObject(value) ? outline(value, step, depth - 1) : value;
}

function mapValues(object: JsonObject, change: (value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

function namesOnly({ properties, required }: JsonObject, maxChars: number): string {
  const isRequired = new Set(Array.isArray(required) ? required : []);
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  const all = [...names.filter((name) => isRequired.has(name)), ...names.filter((name) => !isRequired.has(name))];
  const listed = all.map((name) => (isRequired.has(name) ? `${name} (required)` : name)).join(', ');
  return cut(`properties: ${listed}`, Math.max(maxChars - 1, 0));
}

/** `response_format: json_schema` (§3.2): a sample that fits the schema, for the demo model, which has no grammar. */
import type { ChatRequest } from './chatRequest';
import { isObject, numberOf, stringOf, type JsonObject, type JsonValue } from './json';

/** The schema that the answer must fit, where the request has one. */
export function requestedSchema({ body }: ChatRequest): JsonObject | undefined {
  const format = body['response_format'];
  if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['json_schema'])) return undefined;
  const { schema } = format['json_schema'];
  return isObject(schema) ? schema : undefined;
}

/** The step of a number that has none. */
const ANY = 0.5;

/** Deeper than this, only what a schema demands is made; twice as deep, nothing: a schema without an end has no sample. */
const DEEP = 6;

/**
 * A value that fits the schema; knows the plain subset (types, properties, items, enum, const, limits, anyOf, oneOf,
 * allOf, local $ref), and of `format` and `pattern` nothing. §7: neither do LM Studio's grammars.
 */
export function sampleOf(schema: JsonObject): JsonValue {
  return sample(schema, { root: schema, depth: 0, name: 'value' });
}

interface Place {
  readonly root: JsonObject;
  readonly depth: number;
  /** Of the property, for its text. */
  readonly name: string;
}

function sample(raw: JsonValue | undefined, place: Place): JsonValue {
  if (!isObject(raw) || place.depth > 2 * DEEP) return null;
  const schema = resolved(raw, place.root);
  if (schema['const'] !== undefined) return schema['const'];
  const choices = firstArray(schema['enum'], schema['examples']);
  if (choices[0] !== undefined) return choices[0];
  if (schema['default'] !== undefined) return schema['default'];
  const deeper = { ...place, depth: place.depth + 1 };
  const alternatives = firstArray(schema['anyOf'], schema['oneOf']);
  if (alternatives.length > 0) return sample(shallowest(alternatives, place), deeper);
  switch (typeOf(schema)) {
    case 'object':
      return objectSample(schema, deeper);
    case 'array':
      return arraySample(schema, deeper);
    case 'integer':
      return numberSample(schema, 1);
    case 'number':
      return numberSample(schema, ANY);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return textSample(schema, place.name);
  }
}

/** With its reference followed and its parts joined. */
function resolved(schema: JsonObject, root: JsonObject, hops = 0): JsonObject {
  const target = hops > DEEP ? undefined : referenced(stringOf(schema['$ref']), root);
  if (target !== undefined) return resolved(target, root, hops + 1);
  if (!Array.isArray(schema['allOf'])) return schema;
  const parts = schema['allOf'].filter(isObject).map((part) => resolved(part, root, hops + 1));
  return parts.reduce(joined, { ...schema, allOf: undefined });
}

function joined(one: JsonObject, other: JsonObject): JsonObject {
  const properties = { ...asObject(one['properties']), ...asObject(other['properties']) };
  const required = [...firstArray(one['required']), ...firstArray(other['required'])];
  return { ...one, ...other, properties, required };
}

function referenced(ref: string | undefined, root: JsonObject): JsonObject | undefined {
  if (!ref?.startsWith('#')) return undefined;
  const steps = ref.slice(1).split('/').filter(Boolean);
  let at: JsonValue | undefined = root;
  for (const step of steps) at = isObject(at) ? at[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
  return isObject(at) ? at : undefined;
}

/** Where it is deep already, an end is preferred: null or a plain value. */
function shallowest(alternatives: readonly JsonValue[], { depth, root }: Place): JsonValue | undefined {
  if (depth < DEEP) return alternatives[0];
  const plain = (schema: JsonValue): boolean =>
    isObject(schema) && !['object', 'array'].includes(typeOf(resolved(schema, root)) ?? 'null');
  return alternatives.find(plain) ?? alternatives[0];
}

function typeOf(schema: JsonObject): string | undefined {
  const { type } = schema;
  if (type !== undefined) return stringOf(Array.isArray(type) ? type[0] : type);
  if (schema['properties'] !== undefined) return 'object';
  return schema['items'] === undefined ? undefined : 'array';
}

function objectSample(schema: JsonObject, place: Place): JsonObject {
  const properties = asObject(schema['properties']);
  const required = firstArray(schema['required']).filter((name) => typeof name === 'string');
  const names = place.depth > DEEP ? required : [...new Set([...Object.keys(properties), ...required])];
  return Object.fromEntries(names.map((name) => [name, sample(properties[name] ?? {}, { ...place, name })]));
}

function arraySample(schema: JsonObject, place: Place): JsonValue[] {
  const least = numberOf(schema['minItems']) ?? (place.depth > DEEP ? 0 : 1);
  const count = Math.min(least, numberOf(schema['maxItems']) ?? least);
  return Array.from({ length: count }, () => sample(schema['items'] ?? {}, place));
}

/** A number between the limits: the lowest multiple of the step, or the middle where any number will do. */
function numberSample(schema: JsonObject, step: number): number {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below } = schema;
  const unit = numberOf(schema['multipleOf']) ?? step;
  const low = Math.max(numberOf(minimum) ?? -Infinity, numberOf(above) ?? -Infinity);
  const high = Math.min(numberOf(maximum) ?? Infinity, numberOf(below) ?? Infinity);
  if (unit === ANY && low !== -Infinity && high !== Infinity) return (low + high) / 2;
  if (low === -Infinity) return high === Infinity ? unit : (Math.ceil(high / unit) - 1) * unit;
  const first = Math.ceil(low / unit) * unit;
  return first === above ? first + unit : first;
}

function textSample(schema: JsonObject, name: string): string {
  const text = `sample ${name}`.padEnd(numberOf(schema['minLength']) ?? 0, '.');
  return text.slice(0, numberOf(schema['maxLength']));
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isObject(value) ? value : {};
}

function firstArray(...values: readonly (JsonValue | undefined)[]): JsonValue[] {
  return (values.find((value) => Array.isArray(value) && value.length > 0) as JsonValue[] | undefined) ?? [];
}

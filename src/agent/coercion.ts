import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../base/json';
import { readLooseObject } from '../base/looseJson';

/** Deep enough for any real schema, and an end to those that contain themselves. */
const MAX_DEPTH = 32;

/**
 * The value with what plainly stands for something else put right, where the schema demands that other type and nothing
 * else: "5" for a number, "true" for a boolean, one item for a list, JSON in a string for an object or a list, null for
 * an optional value that is not there. All else comes back as it is, for the validator to refuse.
 */
export function coerce(value: JsonValue, schema: JsonObject, root = schema, depth = 0): JsonValue {
  const demanded = depth < MAX_DEPTH ? resolve(schema, root) : undefined;
  if (!demanded) return value;
  const types = typesOf(demanded);
  const fitting = types.length === 0 || types.some((type) => isOfType(value, type)) ? value : convert(value, types);
  if (isJsonObject(fitting)) return coerceMembers(fitting, demanded, root, depth);
  if (!Array.isArray(fitting)) return fitting;
  const { items } = demanded;
  return isJsonObject(items) ? fitting.map((item) => coerce(item, items, root, depth + 1)) : fitting;
}

function coerceMembers(value: JsonObject, schema: JsonObject, root: JsonObject, depth: number): JsonObject {
  const { properties, additionalProperties, required } = schema;
  const known = isJsonObject(properties) ? properties : {};
  const needed = Array.isArray(required) ? required : [];
  const entries = Object.entries(value).flatMap(([key, inner]): [string, JsonValue][] => {
    const own = Object.hasOwn(known, key) ? known[key] : additionalProperties;
    if (!isJsonObject(own)) return [[key, inner]];
    const isAbsent = inner === null && !needed.includes(key) && Object.hasOwn(known, key) && forbidsNull(own, root);
    return isAbsent ? [] : [[key, coerce(inner, own, root, depth + 1)]];
  });
  return Object.fromEntries(entries);
}

function forbidsNull(schema: JsonObject, root: JsonObject): boolean {
  const types = typesOf(resolve(schema, root) ?? {});
  return types.length > 0 && !types.includes('null');
}

/** What a local `$ref` points at; undefined where it points elsewhere. */
function resolve(schema: JsonObject, root: JsonObject): JsonObject | undefined {
  let current: JsonObject = schema;
  for (let hops = 0; typeof current['$ref'] === 'string'; hops++) {
    const reference = current['$ref'];
    if (!reference.startsWith('#') || hops >= MAX_DEPTH) return undefined;
    let target: JsonValue | undefined = root;
    for (const part of reference.split('/').slice(1)) {
      const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
      target = isJsonObject(target) && Object.hasOwn(target, key) ? target[key] : undefined;
    }
    if (!isJsonObject(target)) return undefined;
    current = target;
  }
  return current;
}

/** Empty where the schema names no type: it may take anything then. */
function typesOf({ type }: JsonObject): readonly string[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((each) => typeof each === 'string') : [];
}

function isOfType(value: JsonValue, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isJsonObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function convert(value: JsonValue, types: readonly string[]): JsonValue {
  for (const type of types) {
    const converted = typeof value === 'string' ? fromText(value, type) : undefined;
    if (converted !== undefined) return converted;
  }
  return types.includes('array') && value !== null ? [value] : value;
}

function fromText(text: string, type: string): JsonValue | undefined {
  if (type === 'object') {
    const read = readLooseObject(text);
    return read.kind === 'whole' ? read.value : undefined;
  }
  if (type === 'boolean' && /^\s*(True|False)\s*$/.test(text)) return text.trim() === 'True';
  if (!['number', 'integer', 'boolean', 'array'].includes(type)) return undefined;
  const parsed = parseJson(text);
  return parsed.ok && isOfType(parsed.value, type) && isExact(parsed.value) ? parsed.value : undefined;
}

/** A long number would come out as another one. */
function isExact(value: JsonValue): boolean {
  return typeof value !== 'number' || Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

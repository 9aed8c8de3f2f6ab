import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject, JsonValue } from './json';

export type SchemaCheck = { readonly ok: true } | { readonly ok: false; readonly problems: readonly string[] };

/** Checks a value; `ok` always where the schema itself is unusable, because then nothing can be demanded. */
export type SchemaValidator = (value: JsonValue) => SchemaCheck;

/** More help nobody. What is left out is counted. */
const MAX_PROBLEMS = 50;

/**
 * Compiles a JSON schema of any usual dialect: draft-07 and 2019 where `$schema` says so, else 2020-12, which is MCP's
 * default. Unknown keywords and formats are ignored. Problems read like `edits[0].path: must be string`; those of the
 * value itself stand under the name `whole`.
 */
export function compileSchema(schema: JsonObject, whole = 'arguments'): SchemaValidator {
  const validate = compile(schema);
  if (!validate) return () => ({ ok: true });
  return (value) => {
    if (validate(value)) return { ok: true };
    const errors = validate.errors ?? [];
    const problems = errors.slice(0, MAX_PROBLEMS).map((error) => describe(error, whole));
    const rest = errors.length - problems.length;
    return { ok: false, problems: rest > 0 ? [...problems, `and ${String(rest)} more`] : problems };
  };
}

function compile(schema: JsonObject): ValidateFunction | undefined {
  // An `$async` schema would answer with a promise, which is neither yes nor no, and reject where nobody listens.
  const { $schema: dialect, ...rest } = schema;
  delete rest['$async'];
  // Checking schemas against their own schema costs 20 ms each and gains nothing: what cannot be compiled is not used.
  const options = {
    strict: false,
    allErrors: true,
    validateFormats: false,
    validateSchema: false,
    logger: false as const,
  };
  const isOld = typeof dialect === 'string' && /draft-0[4-7]/.test(dialect);
  try {
    return (isOld ? new Ajv(options) : new Ajv2020(options)).compile(rest);
  } catch {
    return undefined;
  }
}

function describe(error: ErrorObject, whole: string): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part.replaceAll('~1', '/').replaceAll('~0', '~')}`))
    .join('')
    .replace(/^\./, '');
  const extra: unknown = error.params['additionalProperty'];
  const allowed: unknown = error.params['allowedValues'];
  const detail =
    typeof extra === 'string'
      ? ` ("${extra}")`
      : Array.isArray(allowed)
        ? ` (${allowed.map((item) => JSON.stringify(item)).join(', ')})`
        : '';
  return `${path === '' ? whole : path}: ${error.message ?? 'is not valid'}${detail}`;
}

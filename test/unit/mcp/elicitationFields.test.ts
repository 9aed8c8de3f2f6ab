import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/base/json';
import type { ElicitationField } from '../../../src/mcp/clientHost';
import { completeAnswer, misfit } from '../../../src/mcp/elicitationAnswers';
import { readForm } from '../../../src/mcp/elicitationFields';

const form = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({ type: 'object', properties, ...more });

function fieldsOf(properties: JsonObject, more: JsonObject = {}): readonly ElicitationField[] {
  const read = readForm(form(properties, more));
  assert.ok(read.ok, read.ok ? '' : read.reason);
  return read.fields;
}

function typeOf(property: JsonObject): ElicitationField['type'] {
  const [field] = fieldsOf({ x: property });
  assert.ok(field);
  return field.type;
}

function refusal(properties: JsonObject): string {
  const read = readForm(form(properties));
  assert.ok(!read.ok);
  return read.reason;
}

describe('elicitation forms', () => {
  it('knows every kind of field', () => {
    assert.deepEqual(typeOf({ type: 'string', format: 'email', minLength: 3, maxLength: 9 }), {
      ...{ kind: 'text', format: 'email', minLength: 3, maxLength: 9 },
    });
    assert.deepEqual(typeOf({ type: 'integer', minimum: 1, maximum: 5 }), {
      ...{ kind: 'number', isInteger: true, minimum: 1, maximum: 5 },
    });
    assert.deepEqual(typeOf({ type: 'boolean' }), { kind: 'boolean' });
    const both = [
      { value: 'a', title: 'A' },
      { value: 'b', title: 'b' },
    ];
    assert.deepEqual(typeOf({ type: 'string', enum: ['a', 'b'], enumNames: ['A'] }), { kind: 'one', options: both });
    const titled = [{ const: 'a', title: 'A' }, { const: 'b' }];
    assert.deepEqual(typeOf({ type: 'string', oneOf: titled }), { kind: 'one', options: both });
    const many = { kind: 'many', options: both, minItems: 1, maxItems: undefined };
    assert.deepEqual(typeOf({ type: 'array', items: { anyOf: titled }, minItems: 1 }), many);
    const plain = { type: 'array', items: { type: 'string', enum: ['a', 'b'] } };
    assert.equal(typeOf(plain).kind, 'many');
  });

  it('keeps order, titles, what is required, and defaults that fit', () => {
    const fields = fieldsOf(
      {
        b: { type: 'string', title: 'Bee', description: 'Buzz', default: 'x' },
        a: { type: 'integer', default: 1.5 },
        c: { type: 'string', enum: ['x'], default: 'y' },
      },
      { required: ['a'] },
    );
    assert.deepEqual(
      fields.map((field) => [field.name, field.title, field.description, field.isRequired, field.default]),
      [
        ['b', 'Bee', 'Buzz', false, 'x'],
        ['a', 'a', undefined, true, undefined],
        ['c', 'c', undefined, false, undefined],
      ],
    );
  });

  it('refuses what forms do not have, and too much of anything', () => {
    assert.match(refusal({ x: { type: 'object', properties: {} } }), /"x" has a type that forms do not have/);
    assert.match(refusal({ x: { type: 'array', items: { type: 'string' } } }), /nothing to choose from/);
    assert.match(refusal({ x: { type: 'string', enum: [] } }), /nothing to choose from/);
    assert.match(refusal({ x: { type: 'string', enum: ['a', 'a'] } }), /the same choice twice/);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`f${index}`, { type: 'boolean' }]));
    assert.match(refusal(many), /more than 50 fields/);
    const choices = Array.from({ length: 501 }, (_, index) => String(index));
    assert.match(refusal({ x: { type: 'string', enum: choices } }), /more than 500 choices/);
    assert.equal(readForm({ type: 'string' }).ok, false);
  });

  it('refuses fields that ask for secrets, by name, title or format', () => {
    const named = ['password', 'apiKey', 'API-Key', 'api_key', 'accessToken', 'GITHUB_TOKEN', 'client_secret', 'PIN'];
    for (const name of [...named, 'passphrase', 'ssh key', 'cvv', 'credit_card_number', 'oneTimeCode', 'ｐassword'])
      assert.match(refusal({ [name]: { type: 'string' } }), /asks for a secret/, name);
    assert.match(refusal({ value: { type: 'string', title: 'Your API token' } }), /secret/);
    assert.match(refusal({ value: { type: 'string', format: 'password' } }), /secret/);
    assert.match(refusal({ value: { type: 'string', writeOnly: true } }), /secret/);
    assert.match(refusal({ pin: { type: 'integer' } }), /secret/);
  });

  it('does not take ordinary words for secrets', () => {
    const texts = ['name', 'keyboard', 'author', 'monkey', 'secretary', 'passenger', 'opinion', 'primaryKeyword'];
    for (const name of texts) assert.ok(readForm(form({ [name]: { type: 'string' } })).ok, name);
    assert.ok(readForm(form({ maxTokens: { type: 'integer' }, usePassword: { type: 'boolean' } })).ok);
  });

  it('reads anything without throwing, and its defaults fit', () => {
    const property = fc.oneof(
      fc.json().map((text) => JSON.parse(text) as JsonValue),
      fc.record(
        {
          type: fc.constantFrom('string', 'number', 'integer', 'boolean', 'array', 'object'),
          format: fc.constantFrom('email', 'uri', 'date', 'date-time', 'other'),
          enum: fc.array(fc.string()),
          items: fc.record({ enum: fc.array(fc.string()) }),
          minLength: fc.integer(),
          maximum: fc.double(),
          minItems: fc.integer(),
          default: fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.array(fc.string())),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), property), fc.array(fc.string()), (properties, required) => {
        const read = readForm({ type: 'object', properties, required });
        if (!read.ok) return;
        for (const field of read.fields)
          if (field.default !== undefined) assert.equal(misfit(field.type, field.default), undefined);
      }),
    );
    fc.assert(fc.property(fc.anything(), (schema) => void readForm(schema)));
  });
});

describe('elicitation answers', () => {
  const problemOf = (property: JsonObject, value: JsonValue): string | undefined => misfit(typeOf(property), value);

  it('must fit their fields', () => {
    const good: [JsonObject, JsonValue][] = [
      [{ type: 'string', minLength: 2, maxLength: 2 }, 'ab'],
      [{ type: 'string', format: 'email' }, 'a@b.ch'],
      [{ type: 'string', format: 'uri' }, 'https://example.org/x'],
      [{ type: 'string', format: 'date' }, '2024-02-29'],
      [{ type: 'string', format: 'date-time' }, '2026-01-31T18:30:00.5+01:00'],
      [{ type: 'number', minimum: 0, maximum: 1 }, 0.5],
      [{ type: 'boolean' }, false],
      [{ type: 'array', items: { enum: ['a', 'b'] }, minItems: 1, maxItems: 2 }, ['b', 'a']],
    ];
    for (const [property, value] of good) assert.equal(problemOf(property, value), undefined, JSON.stringify(value));
    const bad: [JsonObject, JsonValue, RegExp][] = [
      [{ type: 'string', minLength: 2 }, 'a', /at least 2 characters/],
      [{ type: 'string', maxLength: 1 }, 'ab', /at most 1 character$/],
      [{ type: 'string', format: 'email' }, 'ab.ch', /e-mail/],
      [{ type: 'string', format: 'uri' }, 'no address', /address/],
      [{ type: 'string', format: 'date' }, '2026-02-29', /date/],
      [{ type: 'string', format: 'date' }, '2026-13-01', /date/],
      [{ type: 'string', format: 'date-time' }, '2026-01-31 18:30', /time/],
      [{ type: 'integer' }, 1.5, /whole/],
      [{ type: 'number', minimum: 1 }, 0, /at least 1/],
      [{ type: 'number' }, '1', /a number/],
      [{ type: 'boolean' }, 'yes', /yes or no/],
      [{ type: 'string', enum: ['a'] }, 'b', /one of the choices/],
      [{ type: 'array', items: { enum: ['a', 'b'] } }, ['a', 'a'], /at most once/],
      [{ type: 'array', items: { enum: ['a', 'b'] }, maxItems: 1 }, ['a', 'b'], /at most 1/],
    ];
    for (const [property, value, problem] of bad) assert.match(problemOf(property, value) ?? '', problem);
  });

  it('are completed with defaults, and hold nothing that was not asked', () => {
    const fields = fieldsOf({ a: { type: 'string', default: 'x' }, b: { type: 'integer' }, c: { type: 'boolean' } });
    assert.deepEqual(completeAnswer(fields, { b: 2, z: 1 }), { content: { a: 'x', b: 2 }, problem: undefined });
    const required = fieldsOf({ b: { type: 'integer', title: 'Bee' } }, { required: ['b'] });
    assert.equal(completeAnswer(required, {}).problem, '"Bee" must be answered.');
    assert.equal(completeAnswer(required, { b: 'x' }).problem, '"Bee" must be a number.');
  });

  it('may have any name', () => {
    const fields = fieldsOf(
      JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"}}') as JsonObject,
    );
    const { content } = completeAnswer(fields, {});
    assert.deepEqual(Object.keys(content), []);
  });
});

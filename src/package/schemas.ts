/** Checks the files of a package against `static/schemas/` and says in words what is wrong: place, what, and what to do. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { RE2JS } from 're2js';
import type { FieldType, Json } from '#fields';
import fim from '../../static/schemas/fim.schema.json' with { type: 'json' };
import journey from '../../static/schemas/journey.schema.json' with { type: 'json' };
import list from '../../static/schemas/list.schema.json' with { type: 'json' };
import payload from '../../static/schemas/payload.schema.json' with { type: 'json' };
import service from '../../static/schemas/service.schema.json' with { type: 'json' };
import texts from '../../static/schemas/texts.schema.json' with { type: 'json' };
import { fieldSchema, outlineSchema } from './flow-schema.ts';
import { escapePointer } from './json.ts';

const SCHEMAS = { fim, flow: outlineSchema, journey, list, payload, service, texts };
export type FileKind = keyof typeof SCHEMAS;

export interface SchemaProblem {
  place: string;
  message: string;
  remedy: string;
}

/** Patterns of a package run in RE2: a pattern from outside can keep JavaScript's own engine busy for minutes. */
const linear = Object.assign(
  (pattern: string) => {
    const compiled = RE2JS.compile(pattern);
    // ajv keeps patterns by their text form: without one of its own, all would be taken for the same.
    return { test: (text: string) => compiled.matcher(text).find(), toString: () => `/${pattern}/` };
  },
  { code: 'linear' },
);

const options = {
  allErrors: true,
  strict: false,
  validateFormats: false,
  verbose: true,
  messages: true,
  code: { regExp: linear },
} as const;
/** For our own schemas, which tests have checked: making sure again that they are schemas would take longer than all the rest. */
const own = new Ajv2020({ ...options, validateSchema: false, addUsedSchema: false });
const validators = new Map<string, ValidateFunction>();
const ofTypes = new WeakMap<FieldType, ValidateFunction>();
const ofPayloads = new WeakMap<object, ValidateFunction>();

/** Problems of a document against the schema of its kind; empty when it fits. */
export function schemaProblems(kind: FileKind, document: Json): SchemaProblem[] {
  let validate = validators.get(kind);
  if (!validate) validators.set(kind, (validate = own.compile(SCHEMAS[kind])));
  return problemsOf(validate, document, '');
}

/** Problems of one field's configuration against what its type takes. `place`: JSON pointer of the field. */
export function fieldProblems(type: FieldType, config: Json, place: string): SchemaProblem[] {
  let validate = ofTypes.get(type);
  if (!validate) ofTypes.set(type, (validate = own.compile(fieldSchema(type))));
  return problemsOf(validate, config, place);
}

/** Compiles the schema of a payload, once for each schema object. Throws an Error with the reason when it is none. */
export function payloadValidator(schema: Record<string, unknown>): (document: Json) => SchemaProblem[] {
  let compiled = ofPayloads.get(schema);
  if (!compiled) ofPayloads.set(schema, (compiled = new Ajv2020(options).compile(schema)));
  const validate = compiled;
  return (document) => problemsOf(validate, document, '');
}

/** Errors of the parts of a combination say more than the combination itself. */
const COMBINATIONS = new Set(['if', 'anyOf', 'oneOf', 'allOf']);
const MOST = 20;

function problemsOf(validate: ValidateFunction, document: Json, base: string): SchemaProblem[] {
  if (validate(document)) return [];
  const errors = validate.errors ?? [];
  const inner = errors.filter((error) => !COMBINATIONS.has(error.keyword));
  const seen = new Map<string, SchemaProblem>();
  for (const error of inner.length > 0 ? inner : errors) {
    const problem = explain(error, base);
    seen.set(`${problem.place} ${problem.message}`, problem);
  }
  return [...seen.values()].slice(0, MOST);
}

function explain(error: ErrorObject, base: string): SchemaProblem {
  const place = base + error.instancePath;
  const schema = (error.parentSchema ?? {}) as { description?: string; properties?: object };
  const params = error.params as Record<string, unknown>;
  const hint = schema.description ?? 'See flows/README.md.';
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const name = String(params.additionalProperty ?? params.unevaluatedProperty);
      const known = Object.keys(schema.properties ?? {}).filter((key) => key !== '$schema');
      const remedy = known.length > 0 ? `Remove or rename it. Known here: ${known.join(', ')}.` : 'Remove it.';
      return { place: `${place}/${escapePointer(name)}`, message: `"${name}" is not known here.`, remedy };
    }
    case 'required':
      return { place, message: `"${String(params.missingProperty)}" is missing.`, remedy: `Add "${String(params.missingProperty)}".` };
    case 'dependentRequired':
      return {
        place,
        message: `"${String(params.property)}" needs "${String(params.missingProperty)}" beside it.`,
        remedy: `Add "${String(params.missingProperty)}".`,
      };
    case 'enum':
      return {
        place,
        message: `${shown(error.data)} is not one of the allowed values.`,
        remedy: `Use one of: ${(params.allowedValues as unknown[]).join(', ')}.`,
      };
    case 'const':
      return { place, message: `${shown(error.data)} is not the expected value.`, remedy: `Use ${shown(params.allowedValue)}.` };
    case 'type':
      return {
        place,
        message: `${shown(error.data)} is of the wrong kind.`,
        remedy: `Use ${[params.type].flat().join(' or ')}. ${schema.description ?? ''}`.trim(),
      };
    case 'pattern':
      return {
        place,
        message: `${shown(error.data)} does not have the right form.`,
        remedy: schema.description ?? `It must match ${String(params.pattern)}.`,
      };
    case 'false schema':
      return { place, message: 'Nothing may stand here.', remedy: 'Remove it.' };
    default:
      return { place, message: `${shown(error.data)} ${error.message ?? 'does not fit'}.`, remedy: hint };
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/**
 * JSON Schema of `flow.json`. The outline is written here; what a field may carry beyond the common keys comes from its type, so that a new
 * type under `src/fields/` needs no other edit. While the portal runs, the outline and each field are checked apart (clear messages);
 * `static/schemas/flow.schema.json` joins both for editors and is written by `schemas.generate.ts`.
 */
import type { FieldType, FieldTypes } from '#fields';

type Schema = Record<string, unknown>;

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const CEL: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 2000,
  description: 'CEL expression over answers walked before, e.g. years(applicant.birthDate, today) >= 18.',
};
const RULES: Schema = { type: 'array', items: { $ref: '#/$defs/rule' } };
const GROUP: Schema = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z][A-Za-z0-9_]*)*$',
  description: 'Data path of what stands below: "applicant" puts the fields at applicant.<id>.',
};
const NAME: Schema = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_]*$', maxLength: 64 };
const ID: Schema = {
  type: 'string',
  pattern: '^[A-Za-z][A-Za-z0-9_-]*$',
  maxLength: 64,
  description: 'Letters, digits and _; unique in the whole flow.',
};

/** What every field may carry, whatever its type. */
const FIELD: Record<string, Schema> = {
  id: { ...NAME, description: 'Letters, digits and _; unique under its group. Its answer lies at <group>.<id>.' },
  type: { type: 'string', description: 'Field type: a folder under src/fields.' },
  when: { $ref: '#/$defs/cel', description: 'Asked only while this is true.' },
  required: { type: ['boolean', 'string'], description: 'true (default), false, or a CEL expression.' },
  rules: RULES,
  fim: { type: 'string', description: 'FIM element ids from the root of the schema, joined by dots.' },
  autocomplete: { type: 'string', pattern: '^[a-z0-9 -]+$', description: 'HTML autocomplete token (WCAG 1.3.5), e.g. family-name.' },
};

function outline(field: Schema): Schema {
  return {
    $schema: DIALECT,
    $id: 'https://schalter.example/schemas/flow.schema.json',
    title: 'Flow',
    description: 'The questions of a service: sections > pages > fields, with conditions. See flows/README.md.',
    type: 'object',
    additionalProperties: false,
    required: ['sections'],
    properties: {
      $schema: { type: 'string' },
      taskList: { type: 'boolean', description: 'Show the sections as a task list (long flows).' },
      sections: { type: 'array', minItems: 1, maxItems: 100, items: { $ref: '#/$defs/section' } },
      rules: { ...RULES, description: 'Rules over the whole flow; checked on the review.' },
    },
    $defs: {
      cel: CEL,
      rule: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'assert'],
        properties: {
          id: { ...ID, description: 'Unique in the flow; its text is rule.<id>.' },
          assert: { $ref: '#/$defs/cel', description: 'What must hold.' },
          when: { $ref: '#/$defs/cel', description: 'The rule counts only while this is true.' },
          level: {
            enum: ['should', 'must'],
            description: 'should (default) warns and may be confirmed; must blocks (VwVfG § 24: only where an application is impossible).',
          },
          fields: {
            type: 'array',
            minItems: 1,
            items: { type: 'string' },
            description: 'Ids of the fields at fault, relative to this place.',
          },
          fim: { type: 'string', description: 'Id of the FIM rule.' },
        },
      },
      section: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'pages'],
        properties: {
          id: ID,
          group: GROUP,
          when: { $ref: '#/$defs/cel', description: 'The section is part of the way only while this is true.' },
          precheck: { type: 'boolean', description: 'Eligibility: asked before personal data.' },
          pages: { type: 'array', items: { $ref: '#/$defs/page' } },
          rules: RULES,
        },
      },
      page: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'kind'],
        properties: {
          id: ID,
          kind: {
            enum: ['question', 'upload', 'info', 'collection', 'exit', 'check', 'done'],
            description: 'See the table in flows/README.md.',
          },
          group: GROUP,
          when: { $ref: '#/$defs/cel', description: 'The page is part of the way only while this is true.' },
          fields: { type: 'array', maxItems: 60, items: { $ref: '#/$defs/field' } },
          rules: RULES,
          list: { ...NAME, description: 'collection: id of the list in the data; default: the id of the page.' },
          as: { ...NAME, description: 'collection: name of one entry in expressions.' },
          min: { type: 'integer', minimum: 0, maximum: 99 },
          max: { type: 'integer', minimum: 1, maximum: 99 },
          pages: { type: 'array', minItems: 1, items: { $ref: '#/$defs/page' }, description: 'collection: the pages of one entry.' },
          fim: { type: 'string', description: 'FIM group id.' },
        },
      },
      field,
    },
  };
}

/** The outline alone: fields may carry anything beside the common keys. */
export const outlineSchema: Schema = outline({ type: 'object', required: ['id', 'type'], properties: FIELD });

/** Strict schema of one field of a type. */
export function fieldSchema(type: FieldType): Schema {
  const { properties, required = [] } = type.config;
  const own = { ...FIELD, ...properties };
  return {
    type: 'object',
    additionalProperties: false,
    required: ['id', 'type', ...required],
    properties: own,
    $defs: { cel: CEL, rule: (outlineSchema.$defs as Schema).rule },
  };
}

/** Outline and all field types in one: for editors. */
export function editorSchema(types: FieldTypes): Schema {
  const list = [...types.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return outline({
    type: 'object',
    required: ['id', 'type'],
    properties: { ...FIELD, type: { ...FIELD.type, enum: list.map((type) => type.name) } },
    allOf: list.map((type) => ({
      if: { properties: { type: { const: type.name } }, required: ['type'] },
      then: { properties: type.config.properties, ...(type.config.required && { required: type.config.required }) },
    })),
    unevaluatedProperties: false,
  });
}

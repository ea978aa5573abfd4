/** Writes `static/schemas/flow.schema.json` for editors: run it when a field type's configuration changed. A test fails while the file is out of date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldTypes } from '#fields/all';
import { editorSchema } from './flow-schema.ts';

export const FLOW_SCHEMA_FILE = join(import.meta.dirname, '../../static/schemas/flow.schema.json');

/** The text of the file. */
export function flowSchemaText(): string {
  return `${JSON.stringify(editorSchema(fieldTypes), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(FLOW_SCHEMA_FILE, flowSchemaText());

/** A flow in the forms of other tools: the configuration of its state machine, a diagram, and a JSON Schema of its answers. */
import type { Flow, Page } from '#flow';

type Plain = Record<string, unknown>;

/** Configuration of the XState machine with every condition spelled out; collections are machines of their own beside it. */
export function stateMachine(flow: Flow, id: string): Plain {
  const collections = [...flow.pages.values()].flatMap((page) => (page.collection ? [page.collection] : []));
  const conditions = Object.fromEntries(
    [
      ...flow.sections.flatMap((section) => section.pages.map((page) => [page.id, [section.when, page.when]] as const)),
      ...collections.flatMap((one) => one.pages.map((page) => [page.id, [page.when]] as const)),
    ]
      .map(([page, whens]) => [page, whens.flatMap((when) => (when ? [when.source] : []))] as const)
      .filter(([, sources]) => sources.length > 0),
  );
  const machine = (one: { config: object }) => JSON.parse(JSON.stringify(one.config)) as Plain;
  return {
    ...machine(flow.machine as { config: object }),
    id,
    meta: { conditions, entries: Object.fromEntries(collections.map((one) => [one.path, machine(one.machine as { config: object })])) },
  };
}

/** A Mermaid state diagram: sections and lists as composite states, conditions at the arrows. */
export function mermaid(flow: Flow): string {
  const lines = ['stateDiagram-v2'];
  const text = (source: string) => source.replace(/[:;\n]/g, (sign) => (sign === '\n' ? ' ' : `#${sign.charCodeAt(0)};`));
  const name = (id: string) => id.replaceAll('-', '_');
  const outline = (pages: readonly Page[], indent: string): void => {
    let open: { from: string; unless?: string }[] = [{ from: '[*]' }];
    for (const page of pages) {
      const id = name(page.id);
      if (page.collection) {
        lines.push(`${indent}state ${id} {`);
        outline(page.collection.pages, `${indent}  `);
        lines.push(`${indent}}`);
      }
      for (const { from, unless } of open) lines.push(`${indent}${from} --> ${id}${label([unless, page.when?.source], text)}`);
      if (page.kind === 'exit') {
        lines.push(`${indent}${id} --> [*]`);
        const passed = page.when && `!(${page.when.source})`;
        open = open.map(({ from, unless }) => ({ from, unless: [unless, passed].filter(Boolean).join(' && ') || undefined }));
      } else if (page.when) {
        const passed = `!(${page.when.source})`;
        open = [...open.map(({ from, unless }) => ({ from, unless: [unless, passed].filter(Boolean).join(' && ') })), { from: id }];
      } else open = [{ from: id }];
    }
    for (const { from, unless } of open) lines.push(`${indent}${from} --> [*]${label([unless], text)}`);
  };
  let before: { from: string; unless?: string }[] = [{ from: '[*]' }];
  for (const section of flow.sections) {
    const id = `section_${name(section.id)}`;
    lines.push(`  state "${section.id}" as ${id} {`);
    outline(section.pages, '    ');
    lines.push('  }');
    for (const { from, unless } of before) lines.push(`  ${from} --> ${id}${label([unless, section.when?.source], text)}`);
    const skipped = section.when && `!(${section.when.source})`;
    before = [
      ...(skipped ? before.map(({ from, unless }) => ({ from, unless: [unless, skipped].filter(Boolean).join(' && ') })) : []),
      { from: id },
    ];
  }
  for (const { from, unless } of before) lines.push(`  ${from} --> [*]${label([unless], text)}`);
  return lines.join('\n');
}

function label(parts: (string | undefined)[], text: (source: string) => string): string {
  const known = parts.filter((part) => part !== undefined);
  return known.length > 0 ? ` : ${text(known.join(' && '))}` : '';
}

/** JSON Schema (2020-12) of the answers, nested by path as in journeys. What is required depends on the path, so nothing is. */
export function answersSchema(flow: Flow, id: string): Plain {
  const root = record();
  const put = (target: Plain, path: string, schema: unknown): void => {
    const names = path.split('.');
    const last = names.pop()!;
    let properties = target.properties as Plain;
    for (const step of names) properties = ((properties[step] ??= record()) as Plain).properties as Plain;
    properties[last] = schema;
  };
  const visit = (pages: readonly Page[], target: Plain, template: string): void => {
    const within = (path: string) => (template ? path.slice(template.length + 1) : path);
    for (const page of pages) {
      for (const field of page.fields) if (!field.type.silent) put(target, within(field.path), field.type.payloadSchema(field.config));
      if (!page.collection) continue;
      const entry = record();
      visit(page.collection.pages, entry, page.collection.path);
      put(target, within(page.collection.path), {
        type: 'array',
        minItems: page.collection.min,
        maxItems: page.collection.max,
        items: entry,
      });
    }
  };
  for (const section of flow.sections) visit(section.pages, root, '');
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: id, ...root };
}

function record(): Plain {
  return { type: 'object', additionalProperties: false, properties: {} };
}

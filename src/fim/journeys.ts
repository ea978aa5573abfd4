/** Journeys through an imported flow: a draft has none that a person wrote, and each shows that the flow can be walked. */
import type { FieldTypes } from '#fields';
import { compile, type FlowProblem } from '#flow';
import { parameterTypes, travel, type JourneyDocument } from '#package';
import type { Imported } from './import.ts';

export interface Found {
  readonly journeys: readonly JourneyDocument[];
  /** Why the flow cannot be walked at all; empty when it can. */
  readonly problems: readonly FlowProblem[];
}

/** Travels through a draft. Each journey shows a page or one side of a condition that none before showed. */
export function journeysThrough({ documents }: Pick<Imported, 'documents'>, types: FieldTypes, today: string): Found {
  const { flow, problems } = compile(documents.flow, types, parameterTypes(documents.service));
  if (!flow) return { journeys: [], problems };
  const found = travel({ flow, service: documents.service, lists: new Map(Object.entries(documents.lists)) }, { today });
  return {
    problems,
    journeys: found.map(({ outcome, stop, pages, params, answers }, index) => ({
      $schema: '../../../static/schemas/journey.schema.json',
      title: `Found by exploring, ${index + 1}`,
      today,
      ...(Object.keys(params).length > 0 && { params }),
      answers,
      expect: { outcome, pages: [...pages], ...(outcome === 'stop' && { stop }) },
    })),
  };
}

/** What a citizen said at the counter that they would bring: read on every page of the application until it is there. */
import { joinPath, sheetWalk } from '#flow';
import { walkOptions, type Draft } from '#server/applications';
import { fieldLabel, valuesOf } from '#views';
import type { PageFrame } from '#ui/types.ts';
import { applyPath } from './pages.ts';
import { reader } from './views.ts';

/** Each with its reason, and where it goes as soon as its page is on the way. Undefined: nothing, or nothing that is asked any more. */
export function toBring(draft: Draft, lang: string): PageFrame['bring'] {
  const { parked, pkg, answers, offering } = draft;
  if (!parked) return undefined;
  const walk = sheetWalk(pkg.flow, answers, walkOptions(draft));
  const read = reader(pkg, lang);
  const items = walk.steps.flatMap((step) =>
    step.fields.flatMap((field) => {
      const path = joinPath(step.prefix, field.id);
      if (!Object.hasOwn(parked, path)) return [];
      const label = fieldLabel(read, field, valuesOf(walk, step, answers, '…'));
      return [
        {
          label,
          reason: parked[path]!.reason,
          href: draft.walk.byPath.has(step.path) ? applyPath(lang, offering.service, step.path) : undefined,
        },
      ];
    }),
  );
  return items.length > 0 ? items : undefined;
}

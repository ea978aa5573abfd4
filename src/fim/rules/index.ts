/** Rules of FIM schemas, read: from the portal's machine-readable form, and from their semi-formal German texts. */
export type { Condition, Effect, Reading, Reference, Statement, Unread } from './model.ts';
export { always, compareReadings, elementsOf, subjectOf, type Difference } from './evaluate.ts';
export { readRuleText } from './text.ts';
export { readTranslated, type Translated, type TranslatedRules } from './translated.ts';

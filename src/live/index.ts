/** The sheet as it lives in the browser: what the server sends along for it, and how it is opened. */
export { openSheet, type FlowSource, type SectionSource, type Sheet, type SheetEngine } from './engine.ts';

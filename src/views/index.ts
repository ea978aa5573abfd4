/**
 * What pages show: walks and words -> plain data for the components. Pure, and the same on the server and in the browser, where the sheet of the
 * counter is made anew as the clerk types.
 */
export {
  domId,
  entryTitle,
  fieldLabel,
  fieldViews,
  formatValue,
  optionLabel,
  pageTitle,
  problemText,
  reviewSections,
  sectionTitle,
  stepRows,
  valuesOf,
  type FieldInput,
  type Reader,
  type ReviewSection,
  type TextValues,
} from './words.ts';
export { CHECK, nextSection, sheetOpen, sheetPages, type SheetState } from './sheet.ts';
export { typeTexts } from './type-texts.ts';

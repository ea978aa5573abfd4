import { postSheet, sheetPage } from '#server/web';

export const load = ({ locals, params }) => sheetPage(locals.request, params.application, params.section);

export const actions = { default: (event) => postSheet(event, event.params.application, event.params.section) };

import { importPage, postImport } from '#server/web';

export const load = ({ locals }) => importPage(locals.request);

export const actions = { default: (event) => postImport(event) };

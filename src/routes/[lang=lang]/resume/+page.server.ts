import { resume, resumePage } from '#server/web';

export const load = ({ locals }) => resumePage(locals.request);

export const actions = { default: (event) => resume(event) };

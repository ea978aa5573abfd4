import { endPage, endSession } from '#server/web';

export const load = ({ locals }) => endPage(locals.request);

export const actions = { default: (event) => endSession(event) };

import { openStatus, statusForm } from '#server/web';

export const load = ({ locals }) => statusForm(locals.request);

export const actions = { default: (event) => openStatus(event) };

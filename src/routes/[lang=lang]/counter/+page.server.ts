import { counterStart, postIntake } from '#server/web';

export const load = ({ locals }) => counterStart(locals.request);

export const actions = { default: (event) => postIntake(event) };

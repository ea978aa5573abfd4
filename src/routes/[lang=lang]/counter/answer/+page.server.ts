import { counterAnswerPage, postCounterAnswer } from '#server/web';

export const load = ({ locals }) => counterAnswerPage(locals.request);

export const actions = { default: (event) => postCounterAnswer(event) };

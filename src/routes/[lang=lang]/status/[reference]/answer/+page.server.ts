import { answerPage, postAnswer } from '#server/web';

export const load = ({ locals, params }) => answerPage(locals.request, params.reference);

export const actions = { default: (event) => postAnswer(event, event.params.reference) };
